package org.eqprop.base;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Says what a user may have meant by a name that does not exist. */
public final class Suggestions {
  /** How many names are suggested at most. */
  private static final int MOST = 3;

  /** Longer names are compared with nothing, since that takes time and helps nobody. */
  private static final int LONGEST = 100;

  private Suggestions() {}

  /**
   * Returns the end of a message about an unknown name: «did you mean A or B?» if names are near,
   * and otherwise «expected one of …» with all of them.
   *
   * @param name what the user wrote
   * @param known the names that exist, in the order in which they are listed
   */
  public static String of(String name, Collection<String> known) {
    return didYouMean(name, known).orElse("expected one of " + String.join(", ", known));
  }

  /**
   * Returns «did you mean A or B?» if names are near.
   *
   * @param name what the user wrote
   * @param known the names that exist
   */
  public static Optional<String> didYouMean(String name, Collection<String> known) {
    List<String> near = near(name, known);
    return near.isEmpty()
        ? Optional.empty()
        : Optional.of("did you mean " + String.join(" or ", near) + "?");
  }

  /**
   * Returns the known names that are near, the nearest first. A name is near if a quarter of its
   * letters at most is wrong, or if it lacks only the path before its last dot or the end.
   */
  private static List<String> near(String name, Collection<String> known) {
    record Candidate(String name, int distance) {}
    if (name.length() > LONGEST) {
      return List.of();
    }
    String wanted = name.toLowerCase(Locale.ROOT);
    int most = wanted.length() < 3 ? 0 : Math.max(1, (wanted.length() + 1) / 4);
    List<Candidate> near =
        known.stream()
            .map(each -> new Candidate(each, distance(wanted, each.toLowerCase(Locale.ROOT))))
            .filter(each -> each.distance <= most)
            .sorted(Comparator.comparingInt(Candidate::distance))
            .toList();
    return near.stream()
        .filter(each -> each.distance == near.get(0).distance)
        .limit(MOST)
        .map(Candidate::name)
        .toList();
  }

  private static int distance(String wanted, String known) {
    if (wanted.length() > 2 && known.startsWith(wanted)) {
      return 1;
    }
    int whole = edits(wanted, known);
    int ends = 1 + edits(lastPart(wanted), lastPart(known));
    return known.indexOf('.') < 0 ? whole : Math.min(whole, ends);
  }

  private static String lastPart(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  /**
   * Returns how many edits make one text of the other: a letter more, less or another one, or two
   * neighbours exchanged (optimal string alignment, Damerau 1964).
   */
  private static int edits(String a, String b) {
    int[][] edits = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          edits[i][j] = i + j;
          continue;
        }
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int least = Math.min(edits[i - 1][j], edits[i][j - 1]) + 1;
        least = Math.min(least, edits[i - 1][j - 1] + change);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          least = Math.min(least, edits[i - 2][j - 2] + 1);
        }
        edits[i][j] = least;
      }
    }
    return edits[a.length()][b.length()];
  }
}

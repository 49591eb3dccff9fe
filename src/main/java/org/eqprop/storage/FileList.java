package org.eqprop.storage;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Several files in one text, in the notation of Hadoop and Spark: locations separated by commas,
 * each of which may be a Hadoop pattern ({@code *}, {@code ?}, {@code [ab]}, {@code {a,b}}).
 *
 * @param locations in their order
 */
public record FileList(List<String> locations) {
  private static final String PATTERN = ".*[*?\\[{].*";

  /** Parses a list; commas within braces belong to a pattern. */
  public static FileList of(String text) {
    List<String> locations = new ArrayList<>();
    int depth = 0;
    int begin = 0;
    for (int at = 0; at <= text.length(); at++) {
      char c = at < text.length() ? text.charAt(at) : ',';
      depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      if (c == ',' && (depth <= 0 || at == text.length())) {
        String location = text.substring(begin, at).strip();
        if (!location.isEmpty()) {
          locations.add(location);
        }
        begin = at + 1;
      }
    }
    return new FileList(List.copyOf(locations));
  }

  /** Returns the list with its local paths made absolute by {@link LocalPath#absolute}. */
  public FileList absolute() {
    return new FileList(locations.stream().map(LocalPath::absolute).toList());
  }

  /**
   * Returns the files in the order of the list, those of a pattern sorted by path.
   *
   * @param storage finds the files of a pattern
   * @throws org.eqprop.base.InputException if a pattern has no files, or cannot be looked up
   */
  public List<String> files(Storage storage) {
    return locations.stream()
        .flatMap(
            location ->
                location.matches(PATTERN)
                    ? storage.matching(location).stream()
                    : java.util.stream.Stream.of(location))
        .toList();
  }

  /** Returns the list as text. */
  @Override
  public String toString() {
    return locations.stream().collect(Collectors.joining(","));
  }
}

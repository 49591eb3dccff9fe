package org.eqprop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Checks the page on troubleshooting: the program says what the page quotes, and links of the page
 * lead to headings.
 */
class TroubleshootingTest {
  private static final Path PAGES = Path.of("src/site/markdown");
  private static final String PAGE = "troubleshooting.md";
  private static final int FEWEST_ROWS = 200;

  /** Shorter fragments of a line would be found anywhere. */
  private static final int SHORTEST = 6;

  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  /** What varies in a quoted line, and where the program joins a key, its value and its range. */
  private static final Pattern CUT = Pattern.compile("\\b[A-Z][A-Z0-9_]*\\b|…|\\bexpected | = ");

  private static final Pattern ENDS =
      Pattern.compile("^[ :;,.()\\[\\]{}'\"=]++|[ :;,.()\\[\\]{}'\"=]++$");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]*)(?:#([^)]*))?\\)");
  private static final Pattern HEADING = Pattern.compile("^#+ (.*)$", Pattern.MULTILINE);

  /** A row of a table of error lines. */
  private record Row(String text) {
    /** Returns the parts of the quoted lines that do not vary. */
    List<String> fragments() {
      String quoted = text.split("\\|", -1)[1];
      return CODE.matcher(quoted)
          .results()
          .flatMap(code -> CUT.splitAsStream(code.group(1)))
          .map(fragment -> ENDS.matcher(fragment).replaceAll(""))
          .filter(fragment -> fragment.length() >= SHORTEST)
          .toList();
    }
  }

  private static String page(String name) {
    try {
      return Files.readString(PAGES.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Row> rows() {
    String page = page(PAGE);
    return page.substring(page.indexOf("\n## Error lines\n"))
        .lines()
        .filter(line -> line.startsWith("|"))
        .filter(line -> !line.startsWith("| line |") && !line.startsWith("|---"))
        .map(Row::new)
        .toList();
  }

  /** Returns everything that the program and its scripts may print. */
  private static String program() throws IOException {
    Map<String, String> sources = new TreeMap<>();
    StringBuilder scripts = new StringBuilder();
    for (Path file : files(Path.of("src/main/java"))) {
      String name = file.getFileName().toString();
      sources.put(name.replaceFirst("\\.java$", ""), Files.readString(file));
    }
    for (Path file : files(Path.of("submit"))) {
      scripts.append(Files.readString(file));
    }
    return (new StringLiterals(sources).texts() + scripts).replace("%%", "%"); // as in a format
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  private static List<String> anchors(String page) {
    return HEADING
        .matcher(page)
        .results()
        .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\p{L}\\p{N}_ -]", "").replace(' ', '-'))
        .toList();
  }

  @Test
  void theProgramSaysWhatThePageQuotes() throws IOException {
    String program = program();
    List<Row> rows = rows();
    assertThat(rows).hasSizeGreaterThanOrEqualTo(FEWEST_ROWS);
    List<String> unknown = new ArrayList<>();
    for (Row row : rows) {
      List<String> fragments = row.fragments();
      assertThat(fragments).as("a fragment to look up in the row %s", row.text()).isNotEmpty();
      for (String fragment : fragments) {
        if (!program.contains(fragment)) {
          unknown.add("«" + fragment + "», in the row " + row.text());
        }
      }
    }
    assertThat(unknown).as("quoted, but not in the program").isEmpty();
  }

  @Test
  void everyRowHasTwoCells() {
    assertThat(rows()).allSatisfy(row -> assertThat(row.text().split("\\|", -1)).hasSize(4));
  }

  @Test
  void linksLeadToHeadings() {
    List<MatchResult> links = LINK.matcher(page(PAGE)).results().toList();
    assertThat(links).isNotEmpty();
    for (MatchResult link : links) {
      String name = link.group(1).isEmpty() ? PAGE : link.group(1);
      assertThat(PAGES.resolve(name)).exists();
      if (link.group(2) != null) {
        assertThat(anchors(page(name))).as(link.group()).contains(link.group(2));
      }
    }
  }

  @Test
  void literalsAreJoinedLikeTheProgramJoinsThem() {
    String source =
        """
        class A {
          static final String KEY = "a.b" + ".c"; // "no text"
          String one = "x " + KEY + "\\n" + B.OTHER // "and"
              + " y";
          String two = "u" + n + "v" + ('"') + \"""
              block
              \""";
        }
        """;
    String other = "class B { static final String OTHER = \"z\"; }";
    assertThat(new StringLiterals(Map.of("A", source, "B", other)).texts().split("\0", -1))
        .contains("a.b.c", "x a.b.c\nz y", "u", "v", "block\n", "z")
        .doesNotContain("no text", "and");
  }
}

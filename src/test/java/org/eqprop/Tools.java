package org.eqprop;

import static org.assertj.core.api.Assertions.fail;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * Programs that some tests need beyond a JDK and Maven. Where they are missing, these tests are
 * skipped, and the reason names the remedy; with {@code EQPROP_REQUIRE_TOOLS=1} they fail.
 */
final class Tools {
  private static final String REQUIRED = "EQPROP_REQUIRE_TOOLS";

  private Tools() {}

  /**
   * Skips or fails the calling tests if a program is missing.
   *
   * @param tests what is tested, such as {@code "pages in a browser"}
   * @param packages Debian's packages that contain the programs
   * @param programs of each entry, names separated by commas, one must be on PATH
   */
  static void require(String tests, String packages, String... programs) {
    List<String> missing = new ArrayList<>();
    for (String program : programs) {
      if (Stream.of(program.split(",")).noneMatch(Tools::isOnPath)) {
        missing.add(program.replace(",", " or "));
      }
    }
    if (missing.isEmpty()) {
      return;
    }
    String reason =
        "tests of %s need %s on PATH: apt-get install %s"
            .formatted(tests, String.join(" and ", missing), packages);
    if ("1".equals(System.getenv(REQUIRED))) {
      fail(reason);
    }
    System.out.println("skipped: " + reason);
    Assumptions.abort(reason);
  }

  private static boolean isOnPath(String program) {
    String path = System.getenv("PATH");
    return path != null
        && Stream.of(path.split(File.pathSeparator))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }
}

package org.eqprop.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Checks that the code in the guides comes from programs that are compiled here and run by GuideIT
 * and Dl4jIT.
 */
class GuideTest {
  private static final Path GUIDES = Path.of("src/site/markdown");
  private static final Path PROGRAMS = Path.of("src/test/java/org/eqprop/example");
  private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  private static String unindented(String code) {
    return code.lines().map(String::strip).collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @CsvSource({"from-java.md, 3, 10", "dl4j.md, 2, 19", "spark-ml.md, 2, 33"})
  void codeInTheGuidesComesFromThePrograms(String guide, int count, int mostLines)
      throws IOException {
    List<String> programs;
    try (Stream<Path> files = Files.list(PROGRAMS)) {
      programs = files.filter(file -> !file.endsWith("GuideTest.java")).map(this::read).toList();
    }
    List<String> blocks =
        BLOCK
            .matcher(Files.readString(GUIDES.resolve(guide)))
            .results()
            .map(block -> block.group(1))
            .toList();
    assertThat(blocks).hasSize(count);
    for (String block : blocks) {
      assertThat(block.lines().count()).isLessThanOrEqualTo(mostLines);
      assertThat(programs.stream().map(GuideTest::unindented))
          .as(block)
          .anyMatch(program -> program.contains(unindented(block)));
    }
  }

  private String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}

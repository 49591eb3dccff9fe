package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/** The job jar ships exactly what the page on dependencies lists. */
class JobJarIT {
  private static final Path HOME = Path.of(System.getProperty("eqprop.basedir"));
  private static final Pattern ROW = Pattern.compile("\\| (`[^|]+) \\| ([^|]+) \\|.*");
  private static final Pattern ARTIFACT = Pattern.compile("`([^`]+:[^`]+)`");

  @Test
  void listsOnThePageWhatIsShipped() throws IOException {
    assertThat(documented()).isEqualTo(shipped());
  }

  private static Set<String> documented() throws IOException {
    Set<String> artifacts = new TreeSet<>();
    for (String line : Files.readAllLines(HOME.resolve("src/site/markdown/dependencies.md"))) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        ARTIFACT
            .matcher(row.group(1))
            .results()
            .forEach(artifact -> artifacts.add(artifact.group(1) + ":" + row.group(2)));
      }
    }
    return artifacts;
  }

  private static Set<String> shipped() throws IOException {
    Set<String> artifacts = new TreeSet<>();
    JsonNode bom = new ObjectMapper().readTree(HOME.resolve("target/bom.json").toFile());
    for (JsonNode part : bom.path("components")) {
      String name = part.path("name").asText();
      String version = part.path("version").asText();
      // The bill of materials also has artifacts that others require and Spark provides.
      if (!Files.exists(HOME.resolve("target/spark-home/jars/" + name + "-" + version + ".jar"))) {
        artifacts.add(part.path("group").asText() + ":" + name + ":" + version);
      }
    }
    return artifacts;
  }

  @Test
  void shipsNothingOfSparkAndNoXmlParser() throws IOException {
    try (ZipFile jar = new ZipFile(System.getProperty("eqprop.job.jar"))) {
      assertThat(jar.stream().map(entry -> entry.getName()))
          .contains("org/eqprop/cli/Main.class")
          .noneMatch(name -> name.matches("(org/apache/(hadoop|logging)|scala|org/slf4j)/.*"))
          // DL4J has one class in Spark's package.
          .noneMatch(name -> name.matches("org/apache/spark/(?!TaskContextHelper).+"))
          .noneMatch(name -> name.matches(".*/(wstx|stax2|dataformat/xml)/.*"));
    }
  }
}

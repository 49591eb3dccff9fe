package org.eqprop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** An installation of Spark 4 for Scala 2.13, assembled once by {@code src/it/spark4-home}. */
public final class Spark4Home {
  private static final Path BASE =
      Path.of(System.getProperty("eqprop.basedir", ".")).toAbsolutePath();
  private static final Path HOME = BASE.resolve("target/spark4-home");

  private Spark4Home() {}

  /** Returns the folder of the installation, with {@code bin/spark-submit} and {@code jars}. */
  public static synchronized Path get() throws IOException, InterruptedException {
    Path project = BASE.resolve("src/it/spark4-home");
    Path last = HOME.resolve("RELEASE"); // the last file that the assembly writes
    try (Stream<Path> files = Files.walk(project)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!Files.exists(last)
            || Files.getLastModifiedTime(file).compareTo(Files.getLastModifiedTime(last)) > 0) {
          Path log = BASE.resolve("target/spark4-home.log");
          Maven.run(log, "-f", project.resolve("pom.xml").toString(), "package");
          return HOME;
        }
      }
    }
    return HOME;
  }
}

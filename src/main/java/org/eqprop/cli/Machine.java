package org.eqprop.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.eqprop.config.Engine;
import org.eqprop.config.RunConfiguration;

/** Describes the machine of a run, in words. */
final class Machine {
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

  private Machine() {}

  /**
   * @param computing the backend of the executors, in words
   */
  static Map<String, String> describe(
      JavaSparkContext spark, RunConfiguration configuration, String computing) {
    Map<String, String> machine = new LinkedHashMap<>();
    machine.put("program", "EqProp Spark " + Version.text());
    machine.put("Spark", spark.version() + " on " + spark.master());
    machine.put("replicas", String.valueOf(configuration.averaging().replicas()));
    machine.put(
        "Java", System.getProperty("java.vm.name") + " " + System.getProperty("java.version"));
    machine.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    machine.put(
        "driver's processor", processor() + Runtime.getRuntime().availableProcessors() + " cores");
    machine.put("backend", configuration.spec().backend().resolved().name() + ": " + computing);
    if (configuration.initial().isModel()) {
      machine.put("initial weights", configuration.initial().words());
    }
    if (configuration.engine() == Engine.DL4J) {
      machine.put("engine", "DL4J's training on Spark");
    }
    return machine;
  }

  private static String processor() {
    if (!Files.isReadable(PROCESSORS)) {
      return "";
    }
    try (Stream<String> lines = Files.lines(PROCESSORS)) {
      return lines
          .filter(line -> line.startsWith("model name") && line.contains(":"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip() + ", ")
          .findFirst()
          .orElse("");
    } catch (IOException e) {
      return "";
    }
  }
}

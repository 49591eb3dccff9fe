package org.eqprop.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.InputStatistics;
import org.eqprop.dynamics.Measurement;
import org.eqprop.run.RunData;
import org.eqprop.run.RunFolder;
import org.eqprop.run.RunRecorder;
import org.eqprop.spark.EpochReport;
import org.eqprop.spark.TrainingState;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The banner of a run, and where its warnings go. */
class ConsoleReportTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  private final RunConfiguration configuration =
      new ConfigurationReader().set("topology=[4,3,2]").set("averaging.replicas=1").read();

  private static EpochReport report(int epoch, String... warnings) {
    Measurement measured = new Measurement(10, 1, 1, 5, List.of(1.0, 1.0));
    return new EpochReport(epoch, measured, null, null, 1, 0, 0, 0, Double.NaN, List.of(warnings));
  }

  private static String chance(int epoch) {
    return "epoch " + epoch + ": training error 5" + epoch + ".0 % is no better than chance";
  }

  private static String banner(String... assignments) {
    ConfigurationReader reader =
        new ConfigurationReader().set("topology=[4,3,2]").set("averaging.replicas=1");
    for (String assignment : assignments) {
      reader = reader.set(assignment);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream printed = new PrintStream(out, true, StandardCharsets.UTF_8);
    new ConsoleReport(printed, new ProgressDisplay(printed, false, 1), reader.read())
        .banner("1", List.of(9, 0, 9), InputStatistics.none(), "local", "tests", "f");
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void bannerUsesTheSingularForOne() {
    assertThat(banner("training.epochs=1", "training.batches-per-epoch=1"))
        .contains("  1 epoch of 1 batch, batches of ");
    assertThat(
            banner("training.epochs=2", "training.warm-up-epochs=1", "averaging.warm-up.epochs=1"))
        .contains("  2 epochs, batches of ", " after 1 epoch of warm-up, seed ")
        .contains(" per epoch for 1 epoch, then ");
  }

  @Test
  void linesFitANarrowTerminal() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream printed = new PrintStream(out, true, StandardCharsets.UTF_8);
    ConsoleReport console =
        new ConsoleReport(printed, new ProgressDisplay(printed, true, () -> 60, 1), configuration);
    console.banner("1", List.of(9, 0, 9), InputStatistics.none(), "local", "tests", "f");
    console.epochEnded(report(2), TrainingState.initial(configuration.spec()));
    String all = out.toString(StandardCharsets.UTF_8);
    assertThat(all.lines()).allMatch(line -> line.length() <= 60);
    assertThat(all.replaceAll("\n {13}", " "))
        .containsPattern(
            "(sweeps|steps of ε [0-9.]+); the nudged phase starts at the free equilibrium\n")
        .containsPattern("epoch +2/\\d+   train \\S+ %   .*[0-9.]+ s\\b")
        .doesNotContain("energy ");
  }

  @Test
  void bannerNamesDevicesThatAreNotIdeal() {
    assertThat(banner()).doesNotContain("devices");
    assertThat(banner("device.state-noise=0.1", "device.signs=fixed"))
        .contains("\n  devices    state-noise = 0.1, signs = fixed\n");
  }

  @Test
  void warningsThatDifferOnlyInNumbersAndSignsAreOfOneKind() {
    assertThat(RunData.kind("epoch 8: the energy rises (mean -1.500 after step 2)"))
        .isEqualTo(RunData.kind("epoch 16: the energy rises (mean 0.250 after step 3)"))
        .isNotEqualTo(RunData.kind("epoch 8: the energy falls (mean -1.500 after step 2)"));
  }

  @Test
  void printsEachKindOfWarningOnce() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream printed = new PrintStream(out, true, StandardCharsets.UTF_8);
    ConsoleReport console =
        new ConsoleReport(printed, new ProgressDisplay(printed, false, 1), configuration);
    TrainingState state = TrainingState.initial(configuration.spec());
    console.epochEnded(report(2, chance(2)), state);
    console.epochEnded(report(3, chance(3), "epoch 3: another"), state);
    assertThat(out.toString(StandardCharsets.UTF_8).lines().filter(l -> l.contains("warning:")))
        .containsExactly("  warning: " + chance(2), "  warning: epoch 3: another");
  }

  /** A warning of one epoch that no longer holds later says nothing about the trained network. */
  @Test
  void metricsHaveTheWarningsOfEachEpochAndTheResultThoseOfTheEnd() throws IOException {
    RunFolder run = RunFolder.create(Storage.local(), folder + "/run", false);
    RunRecorder recorder = new RunRecorder(run, configuration);
    TrainingState state = TrainingState.initial(configuration.spec());
    recorder.warn(List.of("the data"));
    recorder.epochEnded(report(1), state);
    recorder.epochEnded(report(2, chance(2)), state);
    recorder.epochEnded(report(3), state);
    recorder.epochEnded(report(4, chance(4)), state);
    List<String> lines = Files.readAllLines(folder.resolve("run/metrics.jsonl"));
    assertThat(lines.get(0)).endsWith(",\"warnings\":[\"the data\"]}");
    assertThat(lines.get(1)).endsWith(",\"warnings\":[\"" + chance(2) + "\"]}");
    assertThat(lines.get(2)).doesNotContain("warnings");
    Measurement test = report(4).training();
    assertThat(recorder.finish(test, List.of("no 3")))
        .containsExactly("the data", chance(4), "no 3");
    JsonNode result = JSON.readTree(folder.resolve("run/result.json").toFile());
    assertThat(result.get("warnings").toString())
        .isEqualTo("[\"the data\",\"" + chance(4) + "\",\"no 3\"]");
    RunRecorder resumed =
        new RunRecorder(RunFolder.create(Storage.local(), folder + "/r", false), configuration);
    assertThat(resumed.finish(test, List.of())).isEmpty();
    assertThat(folder.resolve("r/result.json")).content().doesNotContain("warnings");
  }

  @Test
  void aResumedRunHasTheSameResultAsAnUninterruptedOne() throws IOException {
    RunFolder run = RunFolder.create(Storage.local(), folder + "/run", false);
    RunRecorder recorder = new RunRecorder(run, configuration);
    Measurement measured = new Measurement(10, 30, 20, 5, List.of(1.0, 1.0));
    for (int epoch = 1; epoch <= 2; epoch++) {
      recorder.epochEnded(
          new EpochReport(
              epoch, measured, measured, null, 1, 2, 3, 4, Double.NaN, List.of(chance(epoch))),
          TrainingState.initial(configuration.spec()));
    }
    assertThat(folder.resolve("run/metrics.jsonl"))
        .content()
        .contains("\"energy\":3.0,\"cost\":2.0,");
    var unused = recorder.finish(measured, List.of());
    JsonNode whole = JSON.readTree(folder.resolve("run/result.json").toFile());
    assertThat(whole.get("seconds").asDouble()).isEqualTo(20);
    assertThat(whole.get("imagesPerSecond").asDouble()).isEqualTo(20 / 12.0);
    RunRecorder resumed = new RunRecorder(run, configuration);
    resumed.resume(2);
    unused = resumed.finish(measured, List.of());
    assertThat(JSON.readTree(folder.resolve("run/result.json").toFile())).isEqualTo(whole);
  }
}

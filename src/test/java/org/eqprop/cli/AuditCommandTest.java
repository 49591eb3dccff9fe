package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.eqprop.audit.AgreementCurve;
import org.eqprop.audit.AuditResult;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.eqprop.report.RunReport;
import org.eqprop.run.AuditFile;
import org.eqprop.run.RunFolder;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The verb {@code audit}, within this process. */
class AuditCommandTest {
  private static final String CONFIGURATION =
      "{topology: [784, 12, 10], relaxation: {free-steps: 4, nudged-steps: 3}, estimator.beta: 0.2}";

  @TempDir Path folder;
  @RegisterExtension final Captured console = new Captured();

  private int audit(String... more) {
    List<String> args = new ArrayList<>(List.of("audit", "--batches", "2", "--examples", "3"));
    args.addAll(List.of(more));
    return Main.run(args.toArray(String[]::new));
  }

  private String configuration() throws IOException {
    return Files.writeString(folder.resolve("small.conf"), CONFIGURATION).toString();
  }

  @Test
  void auditsInitialWeightsIntoAFolder() throws IOException {
    String target = folder.resolve("found").toString();
    assertThat(audit("--conf", configuration(), "--out", target)).isZero();
    assertThat(console.err()).isEmpty();
    assertThat(console.out())
        .startsWith("weights: initial weights of small\nnetwork 784-12-10, 2 batches of 3 examples")
        .contains("batch 2 of 2, after ")
        .containsPattern("layer 1  [-0-9.]+ ± [0-9.]+ +[0-9.]+ ± [0-9.]+ +[0-9.]+ ± [0-9.]+ %")
        .endsWith(target + "/audit.html\n");
    AuditResult result = AuditFile.read(Storage.local(), target + "/audit.json");
    assertThat(result.weights()).isNull();
    assertThat(result.settings().freeSteps()).isEqualTo(4);
    assertThat(result.settings().beta()).isEqualTo(0.2);
    assertThat(result.layers()).containsExactly("layer 1", "layer 2");
  }

  private static double cosine(AuditResult result) {
    return result.layers().stream()
        .mapToDouble(
            layer ->
                result
                    .atSettings(AgreementCurve.Reference.EXACT, layer)
                    .orElseThrow()
                    .cosine()
                    .get(0)
                    .value())
        .min()
        .orElseThrow();
  }

  /** The worst layer decides. */
  @Test
  void exitsWithCode1IfARequirementIsNotMet() throws IOException {
    String target = folder.resolve("found").toString();
    String conf = configuration();
    assertThat(audit("--conf", conf, "--out", target, "--require", "cosine=-1")).isZero();
    assertThat(console.out())
        .endsWith("pass: every layer's cosine with the exact gradient is -1.0 or more\n");
    double worst = cosine(AuditFile.read(Storage.local(), target + "/audit.json"));
    console.forgetOut();
    String above = "cosine=" + (worst + 1e-6);
    assertThat(audit("--conf", conf, "--out", target, "--require", above)).isEqualTo(Main.FAILED);
    assertThat(console.out().lines().filter(line -> line.startsWith("FAIL: layer "))).hasSize(1);
    String below = "cosine=" + (worst - 1e-6);
    assertThat(audit("--conf", conf, "--out", target, "--require", below)).isZero();
  }

  /** If all outputs are at their upper bound, no example has a gradient. */
  @Test
  void failsIfThereIsNothingToCompare() throws IOException {
    Network network = Network.of(784, 12, 10);
    Weights weights = Weights.glorotUniform(network, 1);
    for (int i = weights.layout().bias(2).from(); i < weights.layout().bias(2).to(); i++) {
      weights.values()[i] = 50;
    }
    String model = folder.resolve("m.safetensors").toString();
    new ModelFile(weights, Map.of(ModelFile.CONFIGURATION, "{\"topology\":[784,12,10]}"))
        .write(Storage.local(), model);
    String target = folder.resolve("found").toString();
    assertThat(audit("--model", model, "--out", target, "--require", "cosine=0.5"))
        .isEqualTo(Main.FAILED);
    assertThat(console.out()).contains("layer 1  –  ").contains("FAIL: nothing to compare: ");
  }

  @Test
  void writesTheAuditOfARunIntoItsFolderAndReport() throws IOException {
    Storage storage = Storage.local();
    String run = folder.resolve("run").toString();
    assertThat(Main.run("train", "--conf", configuration(), "--print-config")).isZero();
    String resolved = console.out();
    RunFolder written = RunFolder.create(storage, run, false);
    written.writeConfiguration(resolved);
    written.writeMachine(Map.of("program", "EqProp Spark"));
    Network network = Network.of(784, 12, 10);
    String json = "{\"topology\":[784,12,10],\"relaxation\":{\"free-steps\":4}}";
    written.writeModel(
        new ModelFile(Weights.glorotUniform(network, 1), Map.of(ModelFile.CONFIGURATION, json)));
    assertThat(html(run)).doesNotContain("Audit of the gradient");
    assertThat(audit("--model", run)).isZero();
    assertThat(console.out()).endsWith(run + "/audit.html\n");
    String page = html(run);
    assertThat(page)
        .contains("<h2>Audit of the gradient</h2>", "audit.html has all curves", "audit-table")
        .contains("id=\"audit-beta-converged\"", "id=\"audit-share-run\"");
    RunReport.of(storage, run).write(storage, run);
    assertThat(folder.resolve("run/pictures/audit-beta-run.svg")).exists();
    written.writeModel(
        new ModelFile(Weights.glorotUniform(network, 2), Map.of(ModelFile.CONFIGURATION, json)));
    assertThat(html(run)).as("of other weights").doesNotContain("Audit of the gradient");
    RunFolder.create(storage, run, true);
    assertThat(folder.resolve("run/audit.json")).doesNotExist();
    assertThat(folder.resolve("run/audit.html")).doesNotExist();
  }

  private static String html(String run) {
    return RunReport.of(Storage.local(), run).html(false, "1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--require cosine=2 | --require = cosine=2: expected cosine=X with X from -1 to 1",
        "--require sine=0.9 | --require = sine=0.9: expected cosine=X",
        "--require cosine=1.2.3 | --require = cosine=1.2.3: expected cosine=X",
        "--batches 0 | --batches = 0: expected 1 to 1000",
        "--examples 1001 | --examples = 1001: expected 1 to 1000",
        "--batches 2 --examples 3 --set data.validation=59997 | --batches × --examples = 6: expected at most the 3 training examples",
        "--model none | none: no such file",
        "--model none --preset mnist | none: no such file"
      })
  void reportsBadInputInOneLineWithExitCode2(String line, String expected) {
    int code = Main.run(("audit " + line.strip()).split(" "));
    String message = console.err();
    assertThat(message).startsWith("eqprop: ").contains(expected).hasLineCount(1);
    assertThat(code).isEqualTo(Main.BAD_INPUT);
  }

  /** Refuses before anything is computed. */
  @Test
  void doesNotReplaceAPageOfAnotherProgram() throws IOException {
    Files.writeString(folder.resolve("audit.html"), "mine");
    assertThat(audit("--conf", configuration(), "--out", folder.toString()))
        .isEqualTo(Main.BAD_INPUT);
    assertThat(console.err()).contains("not a page of this program");
    assertThat(console.out()).isEmpty();
  }
}

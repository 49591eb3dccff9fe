package org.eqprop.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.eqprop.audit.AuditPlan;
import org.eqprop.audit.AuditResult;
import org.eqprop.audit.GradientAudit;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import org.eqprop.data.Examples;
import org.eqprop.data.FloatExamples;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.EstimatorKind;
import org.eqprop.learning.GradientEstimator;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.eqprop.network.Weights;
import org.eqprop.run.AuditFile;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;

class AuditPageTest {
  private static final Network NETWORK = Network.of(4, 6, 3);

  @TempDir Path folder;

  private static Examples examples() {
    Random random = new Random(5);
    float[] values = new float[10 * 4];
    int[] labels = new int[10];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    for (int i = 0; i < labels.length; i++) {
      labels[i] = i % 3;
    }
    return new FloatExamples(values, labels, Shape.vector(4));
  }

  private static AuditResult audit(double strength, Schedule schedule, NudgedStart start) {
    ReplicaSpec spec =
        new ReplicaSpec(
            NETWORK,
            new Relaxation(schedule, 1, 4, 3, 0, start),
            new GradientEstimator(EstimatorKind.CENTERED, 0.3),
            new Hyperparameters(1, 5, List.of(0.1, 0.1), 1, 0, 4),
            Backend.ND4J);
    Weights weights = Weights.glorotUniform(NETWORK, 2);
    try (Parameters parameters = Parameters.of(NETWORK, DataType.DOUBLE, weights)) {
      parameters.weight(2).muli(strength);
      parameters.bias(1).assign(0.3);
      parameters.bias(2).assign(0.4);
      return new GradientAudit(AuditPlan.of(spec), parameters)
          .run("runs/<a>", "12345678", examples(), 2, batch -> {});
    }
  }

  private static AuditResult audit() {
    return audit(0.8, Schedule.EVEN_ODD, NudgedStart.FREE);
  }

  private static List<String> found(String html, String pattern) {
    return Pattern.compile(pattern).matcher(html).results().map(result -> result.group(1)).toList();
  }

  @Test
  void everyCaptionSaysWhatAGoodFigureLooksLike() {
    String html = new AuditPage(audit()).html();
    assertThat(found(html, "<h2>(.*?)</h2>"))
        .containsExactly(
            "At the run's own settings",
            "Over β",
            "Over the free phase&#39;s sweeps",
            "Over the nudged phases&#39; sweeps",
            "Step by step along the nudged phase");
    assertThat(found(html, "<figure id=\"(.*?)\""))
        .containsExactly(
            "audit-beta-converged",
            "audit-beta-run",
            "audit-beta-cosine",
            "audit-free-cosine",
            "audit-free-error",
            "audit-free-signs",
            "audit-nudged-cosine",
            "audit-nudged-error",
            "audit-nudged-signs",
            "audit-share-converged",
            "audit-difference-converged",
            "audit-share-run",
            "audit-difference-run");
    assertThat(found(html, "<figcaption><b>[^<]*</b>([^<]*)</figcaption>"))
        .hasSize(13)
        .allMatch(caption -> caption.contains("A good result: "));
    assertThat(found(html, "data-name=\"(.*?)\""))
        .contains(
            "one-sided",
            "centered",
            "random-sign",
            "layer 1",
            "layer 2, unrolled",
            "layer 1, truncated");
    assertThat(html)
        .contains("runs/&lt;a&gt;: network 4-6-3; even-odd schedule, 4 free and 3 nudged sweeps")
        .contains("centered estimates, β 0.3; 2 batches of 5 examples")
        .contains("class=\"error c0\"")
        .doesNotContain("NaN", "Infinity");
    assertThat(found(html, "<td>(.*?)</td>")).hasSize(3 * 7).contains("layer 2", "all");
  }

  @Test
  void tableShowsMeanAndStandardError() {
    AuditResult audit = audit();
    var own =
        audit.atSettings(org.eqprop.audit.AgreementCurve.Reference.EXACT, "layer 1").orElseThrow();
    String cosine =
        String.format(
            java.util.Locale.ROOT,
            "%.4f ± %.4f",
            own.cosine().get(0).value(),
            own.cosine().get(0).error());
    List<String> lines = new AuditTable(audit).text().lines().toList();
    assertThat(lines).hasSize(5);
    assertThat(lines.get(0))
        .contains("exact gradient", "backpropagation through the 4 free sweeps");
    assertThat(lines.get(2)).startsWith("layer 1  " + cosine).contains(" % ");
    assertThat(lines.get(4)).startsWith("all      ");
    assertThat(new AuditPage(audit).html()).contains("<td>" + cosine + "</td>");
  }

  /** Synchronous steps with ε = 1 oscillate forever if weights are strong. */
  @Test
  void omitsFiguresWithoutData() {
    AuditResult audit = audit(-5, Schedule.SYNCHRONOUS, NudgedStart.ZEROS);
    String html = new AuditPage(audit).html();
    assertThat(found(html, "<figure id=\"(.*?)\""))
        .contains("audit-free-cosine")
        .doesNotContain(
            "audit-beta-converged",
            "audit-beta-run",
            "audit-share-converged",
            "audit-share-run",
            "audit-difference-run");
    assertThat(html).contains("batch 1: no exact gradient: ").contains("<td>–</td>");
    assertThat(new AuditTable(audit).text()).contains("layer 1  –  ");
  }

  @Test
  void auditFileRoundTripsAndDamageIsReported() throws IOException {
    AuditResult audit = audit();
    String file = folder + "/audit.json";
    AuditFile.write(Storage.local(), file, audit);
    assertThat(AuditFile.read(Storage.local(), file)).isEqualTo(audit);
    String json = Files.readString(Path.of(file));
    assertThat(json)
        .startsWith("{\"version\":1,")
        .contains("\"over\":\"beta\",\"phases\":\"converged\",\"compared\":\"one-sided\"")
        .contains("\"reference\":\"exact\"", "\"standardError\":");
    for (String[] change :
        new String[][] {
          {"\"version\":1", "\"version\":2", "version 2: expected version 1"},
          {"\"version\":1,", "\"version\":1,,", "damaged: not valid JSON, column"},
          {"\"over\":\"beta\"", "\"over\":\"moon\"", "damaged: curves"},
          {"\"at\":\\[[^\\]]*\\]", "\"at\":[]", "damaged: curves"},
          {"\"cosine\":\\[\\{", "\"cosine\":[null,{", "damaged: curves"},
          {"\"schedule\":\"even-odd\"", "\"schedule\":null", "damaged: settings"},
          {"\"layers\":\\[[^\\]]*\\],", "", "damaged: a value"}
        }) {
      String damaged = json.replaceFirst(change[0], change[1]);
      assertThat(damaged).isNotEqualTo(json);
      Files.writeString(Path.of(file), damaged);
      assertThatThrownBy(() -> AuditFile.read(Storage.local(), file))
          .as(change[1])
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith(file + ": ")
          .hasMessageContaining(change[2])
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void overwritesOnlyPagesOfThisProgram() throws IOException {
    String file = folder + "/audit.html";
    AuditPage page = new AuditPage(audit());
    page.write(Storage.local(), file);
    page.write(Storage.local(), file);
    Files.writeString(Path.of(file), "mine", StandardCharsets.UTF_8);
    assertThatThrownBy(() -> page.write(Storage.local(), file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is not a page of this program: choose another --out DIR");
    assertThat(Path.of(file)).hasContent("mine");
  }
}

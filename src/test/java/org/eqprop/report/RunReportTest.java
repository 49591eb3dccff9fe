package org.eqprop.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eqprop.Idx;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.InputException;
import org.eqprop.data.Storage;
import org.eqprop.model.ModelFile;
import org.eqprop.model.Parameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports of runs that are not MNIST, or hardly runs. */
class RunReportTest {
  @TempDir Path folder;

  /** Images of 2 × 6 pixels, of two classes of which the second never occurs, five in all. */
  private RunConfiguration configuration(String... assignments) {
    Idx.write(folder.resolve("images"), Idx.images(5, 2, 6, new byte[60]));
    Idx.write(folder.resolve("labels"), Idx.labels(new byte[5]));
    ConfigurationReader reader =
        new ConfigurationReader()
            .set("topology=[12, 3, 2]")
            .set("data.validation=0")
            .set("training.batch=2");
    for (String set : List.of("train", "test")) {
      reader =
          reader
              .set("data." + set + "-images=" + folder + "/images")
              .set("data." + set + "-labels=" + folder + "/labels");
    }
    for (String assignment : assignments) {
      reader = reader.set(assignment);
    }
    return reader.read();
  }

  private RunFolder run(RunConfiguration configuration, int epochs, boolean ended) {
    RunFolder run = RunFolder.create(Storage.local(), folder + "/run", true);
    run.writeConfiguration(configuration.toHocon());
    run.writeMachine(Map.of("program", "a <test>"));
    for (int epoch = 1; epoch <= epochs; epoch++) {
      run.appendMetrics(Map.of("epoch", epoch, "trainError", 0.0, "cost", 0.0, "energy", 7.5));
    }
    if (epochs > 0) {
      float[] weights = Parameters.glorotUniform(configuration.rule().topology(), 1);
      run.writeModel(new ModelFile(configuration.rule().topology(), weights, Map.of()));
    }
    if (ended) {
      run.writeResult(Map.of("testError", 0.0, "epochs", epochs, "seconds", 1.5));
    }
    return run;
  }

  private String location() {
    return folder + "/run";
  }

  private String html() {
    return RunReport.of(Storage.local(), location()).html(false, "1");
  }

  @Test
  void aRunThatHasHardlyBegunHasAReport() {
    run(configuration(), 0, false);
    assertThat(html())
        .contains("0 of 15")
        .contains("The run had not ended.")
        .contains("a &lt;test&gt;");
    run(configuration(), 1, false);
    assertThat(html()).contains("id=\"error\"").doesNotContain("id=\"confusion\"");
  }

  @Test
  void imagesThatAreNoSquareOfClassesThatDoNotOccur() throws IOException {
    run(configuration(), 2, true);
    FigureMaker.complete(Storage.local(), location());
    assertThat(folder.resolve("run/figures.json")).exists();
    String page = RunReport.of(Storage.local(), location()).write(Storage.local(), location());
    String first = Files.readString(Path.of(page));
    assertThat(first)
        .contains("id=\"confusion\"")
        .contains("id=\"weights-tiles\"")
        .contains("test image 4, a 0");
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG"));
      assertThat(RunReport.of(Storage.local(), location()).write(Storage.local(), location()))
          .isEqualTo(page);
    } finally {
      Locale.setDefault(before);
    }
    assertThat(Files.readString(Path.of(page))).isEqualTo(first);
    assertThat(Storage.local().list(location() + "/pictures"))
        .contains("samples.svg", "confusion.svg", "weights-tiles.png");
    run(configuration(), 1, false);
    assertThat(Storage.local().list(location() + "/pictures")).as("overwritten").isEmpty();
  }

  @Test
  void aPhaseThatEndsByToleranceEndsInItsTraceToo() throws IOException {
    run(configuration("relaxation.tolerance=1e-3", "relaxation.free-steps=50000"), 1, true);
    FigureMaker.complete(Storage.local(), location());
    String json = Files.readString(folder.resolve("run/figures.json"));
    RunFigures figures = RunFigures.parse(json, "figures.json");
    assertThat(figures.traces()).isNotEmpty();
    for (RunFigures.Trace trace : figures.traces()) {
      assertThat(trace.freeSteps()).isLessThan(100);
    }
  }

  @Test
  void manyStepsAreNotedNowAndThen() throws IOException {
    run(configuration("relaxation.free-steps=1000"), 1, true);
    FigureMaker.complete(Storage.local(), location());
    String json = Files.readString(folder.resolve("run/figures.json"));
    for (RunFigures.Trace trace : RunFigures.parse(json, "figures.json").traces()) {
      assertThat(trace.freeSteps()).isEqualTo(1000);
      assertThat(trace.steps().size()).isBetween(100, 200);
    }
  }

  @Test
  void damagedFilesAreNamed() throws IOException {
    run(configuration(), 1, true);
    for (String[] damage :
        new String[][] {
          {"figures.json", "{\"version\":1}"},
          {"figures.json", "{\"version\":9}"},
          {"figures.json", "{"},
          {"metrics.jsonl", "{\"epoch\":"},
          {"metrics.jsonl", "{\"epoch\":\"x\"}"},
          {"result.json", ""},
          {"machine.json", "[]"}
        }) {
      Path file = folder.resolve("run").resolve(damage[0]);
      byte[] before = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
      Files.writeString(file, damage[1]);
      assertThatThrownBy(this::html)
          .as(damage[0] + " " + damage[1])
          .isInstanceOf(InputException.class)
          .hasMessageContaining(damage[0])
          .hasMessageNotContaining("\n");
      if (before.length == 0) {
        Files.delete(file);
      } else {
        Files.write(file, before);
      }
    }
    assertThat(html()).contains("id=\"error\"");
    assertThatThrownBy(() -> RunReport.of(Storage.local(), folder + "/none"))
        .hasMessage(folder + "/none is no run's folder: expected config.conf there");
  }

  @Test
  void thirtyRunsHaveLegendsThatLeaveRoomForTheirCurves() {
    run(configuration(), 2, true);
    String page =
        Comparison.of(Storage.local(), java.util.Collections.nCopies(30, location())).html();
    assertThat(page).contains("30 run").contains("Nothing: the configurations are the same.");
    LineChart chart = new LineChart("t", "x", "y");
    for (int i = 0; i < 30; i++) {
      chart.line("a run with some name " + i, "c0", List.of(1.0, 2.0), List.of(1.0, 2.0));
    }
    String svg = chart.svg();
    double height = Double.parseDouble(svg.replaceAll(".*viewBox=\"0 0 480 (\\d+)\".*", "$1"));
    assertThat(height).isGreaterThan(500);
  }
}

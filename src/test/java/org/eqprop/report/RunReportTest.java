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
import org.eqprop.base.InputException;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Weights;
import org.eqprop.run.RunFolder;
import org.eqprop.run.TestFindings;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports of runs on other data than MNIST, of unfinished and of damaged runs. */
class RunReportTest {
  @TempDir Path folder;

  /** Five images of 2 × 6 pixels in two classes, the second of which never occurs. */
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
    run.writeMachine(Map.of("program", "EqProp Spark, a <test>"));
    for (int epoch = 1; epoch <= epochs; epoch++) {
      run.appendMetrics(Map.of("epoch", epoch, "trainError", 0.0, "cost", 0.0, "energy", 7.5));
    }
    if (epochs > 0) {
      Weights weights = Weights.glorotUniform(configuration.spec().network(), 1);
      run.writeModel(new ModelFile(weights, Map.of()));
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
  void aRunThatHasJustStartedHasAReport() {
    run(configuration(), 0, false);
    assertThat(html())
        .contains("0 of 15")
        .contains("The run had not finished when this page was written.")
        .contains("a &lt;test&gt;");
    run(configuration(), 1, false);
    assertThat(html()).contains("id=\"error\"").doesNotContain("id=\"confusion\"");
  }

  @Test
  void reportsImagesThatAreNotSquareAndClassesThatDoNotOccur() throws IOException {
    run(configuration(), 2, true);
    FigureMaker.complete(Storage.local(), location());
    assertThat(folder.resolve("run/figures.json")).exists();
    String page = RunReport.of(Storage.local(), location()).write(Storage.local(), location());
    String first = Files.readString(Path.of(page));
    assertThat(first)
        .contains("id=\"confusion\"")
        .contains("id=\"weights-tiles\"")
        .contains("id=\"settling\"")
        .contains("test image 4, true 0");
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
  void aFileInPlaceOfThePicturesFolderIsAnErrorOfOneLine() throws IOException {
    run(configuration(), 1, false);
    Path file = Files.writeString(folder.resolve("run/pictures"), "mine");
    assertThatThrownBy(
            () -> RunReport.of(Storage.local(), location()).write(Storage.local(), location()))
        .isInstanceOf(InputException.class)
        .hasMessage(location() + "/pictures: cannot be read: a file is in the way");
    assertThat(file).hasContent("mine");
    assertThat(folder.resolve("run/report.html")).doesNotExist();
  }

  @Test
  void traceEndsWhereThePhaseEndsByTolerance() throws IOException {
    run(configuration("relaxation.tolerance=1e-3", "relaxation.free-steps=50000"), 1, true);
    FigureMaker.complete(Storage.local(), location());
    String json = Files.readString(folder.resolve("run/figures.json"));
    TestFindings figures = TestFindings.parse(json, "figures.json");
    assertThat(figures.traces()).isNotEmpty();
    for (TestFindings.Trace trace : figures.traces()) {
      assertThat(trace.freeSteps()).isLessThan(100);
    }
  }

  @Test
  void traceRecordsOnlySomeOfManySteps() throws IOException {
    run(configuration("relaxation.free-steps=1000"), 1, true);
    FigureMaker.complete(Storage.local(), location());
    String json = Files.readString(folder.resolve("run/figures.json"));
    for (TestFindings.Trace trace : TestFindings.parse(json, "figures.json").traces()) {
      assertThat(trace.freeSteps()).isEqualTo(1000);
      assertThat(trace.steps().size()).isBetween(100, 200);
    }
  }

  /** Figures of an earlier release lack it. */
  @Test
  void reportOmitsSettlingIfTheFiguresLackIt() throws IOException {
    run(configuration(), 2, true);
    FigureMaker.complete(Storage.local(), location());
    Path file = folder.resolve("run/figures.json");
    String whole = Files.readString(file);
    String older = whole.replaceFirst("\"settling\":\\{.*?\\]\\},", "");
    assertThat(older).isNotEqualTo(whole);
    Files.writeString(file, older);
    assertThat(html())
        .contains("id=\"confusion\"")
        .doesNotContain("id=\"settling\"")
        .doesNotContain("<h2>Settling");
  }

  @Test
  void namesADamagedFile() throws IOException {
    run(configuration(), 1, true);
    for (String[] damage :
        new String[][] {
          {"figures.json", "{\"version\":1}"},
          {"figures.json", "{\"version\":9}"},
          {"figures.json", "{"},
          {"metrics.jsonl", "{\"epoch\":\n"},
          {"metrics.jsonl", "{\"epoch\":\"x\"}"},
          {"metrics.jsonl", "{\"epoch\":1e999}\n"},
          {"metrics.jsonl", "{\"epoch\":1e300}\n"},
          {"metrics.jsonl", "{\"epoch\":0}\n"},
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
        .hasMessage(folder + "/none is not a run folder: expected config.conf there");
  }

  /** As if the file had been edited by hand: one line, without Java class names. */
  @Test
  void inconsistentFiguresAreNamedByTheirKey() throws IOException {
    run(configuration(), 2, true);
    FigureMaker.complete(Storage.local(), location());
    Path file = folder.resolve("run/figures.json");
    String whole = Files.readString(file);
    for (String[] change :
        new String[][] {
          {"\"rows\":2", "\"rows\":100000", "samples"},
          {"\"rows\":2", "\"rows\":0", "rows, columns"},
          {"\"rows\":2", "\"rows\":\"x\"", "rows"},
          {"\"confusion\":\\[\\[.*?\\]\\]", "\"confusion\":[[1]]", "samples|traces"},
          {"\"confusion\":\\[\\[.*?\\]\\]", "\"confusion\":[[1,null],[1,1]]", "confusion"},
          {"\"pixels\":\"A", "\"pixels\":\"(", "samples"},
          {"\"pixels\":\"[A-Za-z0-9+/=]*\"", "\"pixels\":\"AAAA\"", "samples"},
          {"\"outputs\":\\[0.0", "\"outputs\":[null", "traces"},
          {"\"steps\":\\[.*?\\]\\}\\]", "\"steps\":[]", "traces"},
          {"\"step\":1,", "\"step\":2147483647,", "traces"},
          {"\"layers\":\\[.*?\\]", "\"layers\":[null]", "a value"},
          {"\"settling\":\\{\"examples\":\\d+", "\"settling\":{\"examples\":0", "settling"},
          {"\"settled\":\\d+", "\"settled\":-1", "settling"}
        }) {
      String damaged = whole.replaceFirst(change[0], change[1]);
      assertThat(damaged).as(change[0]).isNotEqualTo(whole);
      Files.writeString(file, damaged);
      assertThatThrownBy(this::html)
          .as(change[1])
          .isInstanceOf(InputException.class)
          .hasMessageMatching(
              "(?s).*figures.json: damaged: (" + change[2] + ").*: not what a run writes")
          .hasMessageNotContaining("\n")
          .hasMessageNotContaining("java");
    }
    Files.writeString(file, whole.substring(0, 40));
    assertThatThrownBy(this::html).hasMessageMatching(".*damaged: not valid JSON, column \\d+");
  }

  @Test
  void strangeMetricsStillMakeAReport() throws IOException {
    run(configuration(), 1, true);
    Path file = folder.resolve("run/metrics.jsonl");
    for (String line :
        new String[] {
          "{\"epoch\":1,\"trainError\":1e999,\"cost\":1e999,\"energy\":-1e999,\"imagesPerSecond\":1e999}",
          "{\"epoch\":2147483647,\"trainError\":0.5,\"cost\":1e308,\"energy\":-1e308,\"seconds\":1e300}",
          "{\"epoch\":1,\"trainError\":\"x\",\"computeSeconds\":-5,\"warnings\":7}",
          "{\"epoch\":1}"
        }) {
      Files.writeString(file, line + "\n");
      assertThat(html()).as(line).contains("id=\"epochs\"").doesNotContain("NaN", "Infinity");
    }
  }

  @Test
  void aReportOfManyEpochsStaysSmallAndSaysWhatItOmits() throws IOException {
    run(configuration(), 1, true);
    StringBuilder lines = new StringBuilder();
    for (int epoch = 1; epoch <= 100_000; epoch++) {
      lines.append("{\"epoch\":").append(epoch).append(",\"trainError\":0.").append(epoch);
      lines.append(",\"cost\":0.1,\"energy\":2,\"computeSeconds\":1.5}\n");
    }
    Files.writeString(folder.resolve("run/metrics.jsonl"), lines);
    String page = html();
    assertThat(page.length()).isLessThan(700_000);
    assertThat(page)
        .contains("Of 100,000 epochs, each curve shows at most 1,000 points")
        .contains("of 100,000 epochs; metrics.jsonl has all of them.")
        .contains("<title>epochs 1–500, mean: computing 1.50 s")
        .contains("<td>1</td>", "<td>100000</td>");
    String both = Comparison.of(Storage.local(), List.of(location(), location())).html();
    assertThat(both.length()).isLessThan(200_000);
    assertThat(both).contains("Of 100,000 epochs");
  }

  @Test
  void showsEachKindOfWarningOnceInABannerAtTheTop() {
    RunFolder run = run(configuration(), 1, false);
    run.appendMetrics(Map.of("epoch", 2, "warnings", List.of("epoch 2: error 75.0 % <b>")));
    run.appendMetrics(Map.of("epoch", 3, "warnings", List.of("epoch 3: error 74.5 % <b>")));
    assertThat(html())
        .containsPattern(
            "(?s)</h1>.*<div id=\"warnings\" role=\"note\"><b>Warning</b><ul><li>epoch 2: error 75.0 % &lt;b&gt;</li></ul></div>.*class=\"key\"");
    run.writeResult(Map.of("warnings", List.of("no test example of label 3")));
    assertThat(html())
        .contains("<b>2 warnings</b><ul><li>no test example of label 3</li><li>epoch 2:");
    assertThat(Comparison.of(Storage.local(), List.of(location(), location())).html())
        .contains("<span class=\"wrong\">2 warnings</span>");
  }

  @Test
  void aComparisonOverwritesOnlyPagesOfThisProgram() throws IOException {
    run(configuration(), 1, true);
    Comparison comparison = Comparison.of(Storage.local(), List.of(location(), location()));
    Path file = folder.resolve("comparison.html");
    comparison.write(Storage.local(), file.toString());
    comparison.write(Storage.local(), file.toString());
    Files.writeString(file, "mine");
    assertThatThrownBy(() -> comparison.write(Storage.local(), file.toString()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("not a page of this program");
    assertThat(file).hasContent("mine");
  }

  @Test
  void legendsOfThirtyRunsLeaveRoomForTheirCurves() {
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

package org.eqprop.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.eqprop.Idx;
import org.eqprop.base.InputException;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Floats;
import org.eqprop.network.Weights;
import org.eqprop.run.RunFolder;
import org.eqprop.run.TestFindings;
import org.eqprop.spark.UnitStatistics;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The report of a convolutional network with a readout, on normalised images in colour. */
class ConvolutionReportTest {
  private static final int COUNT = 6;
  private static final Shape SHAPE = new Shape(3, 5, 7);

  @TempDir Path folder;

  private RunConfiguration configuration = new ConfigurationReader().read();
  private Weights weights = Weights.zeros(configuration.spec().network());
  private ByteExamples images = new ByteExamples(new byte[0], new byte[0], SHAPE);

  @BeforeEach
  void aRun() {
    byte[] pixels = new byte[COUNT * SHAPE.size()];
    new Random(1).nextBytes(pixels);
    byte[] labels = {0, 1, 2, 0, 1, 2};
    images = new ByteExamples(pixels, labels, SHAPE);
    Idx.write(folder.resolve("images"), Idx.images(COUNT, SHAPE, pixels));
    Idx.write(folder.resolve("labels"), Idx.labels(labels));
    ConfigurationReader reader = new ConfigurationReader();
    for (String set : List.of("train", "test")) {
      reader =
          reader
              .set("data." + set + "-images=" + folder + "/images")
              .set("data." + set + "-labels=" + folder + "/labels");
    }
    for (String assignment :
        List.of(
            "network.input=[3, 5, 7]",
            "network.mean=[0.5, 0.4, 0.3]",
            "network.deviation=[0.5, 0.25, 1]",
            "network.layers=[{channels=4, kernel=2},{channels=3, kernel=2, range=hard-tanh},{units=3}]",
            "network.cost=cross-entropy",
            "training.learning-rates=[0.1, 0.1, 0.1]",
            "training.batch=2",
            "estimator.beta=0.1",
            "data.validation=0")) {
      reader = reader.set(assignment);
    }
    configuration = reader.read();
    weights = Weights.glorotUniform(configuration.spec().network(), 3);
    // Channel 2 of layer 1 is dead.
    Arrays.fill(weights.values(), 2 * 12, 3 * 12, 0);
    weights.values()[weights.layout().bias(1).from() + 2] = -9;
    // Channels 0 and 1 of layer 2 are at the ends of their range.
    weights.values()[weights.layout().bias(2).from()] = 5;
    weights.values()[weights.layout().bias(2).from() + 1] = -5;
    RunFolder run = RunFolder.create(Storage.local(), location(), true);
    run.writeConfiguration(configuration.toHocon());
    run.writeMachine(Map.of());
    run.writeModel(new ModelFile(weights, Map.of()));
    run.writeResult(Map.of("testError", 0.5, "epochs", 1, "seconds", 1.5));
  }

  private String location() {
    return folder + "/run";
  }

  private TestFindings figures() throws IOException {
    FigureMaker.complete(Storage.local(), location());
    Path file = folder.resolve("run/figures.json");
    return TestFindings.parse(Files.readString(file), "figures.json");
  }

  @Test
  void samplesKeepTheirPixelsInColour() throws IOException {
    for (TestFindings.Shown shown : figures().samples()) {
      byte[] pixels =
          Arrays.copyOfRange(
              images.pixels(), shown.index() * SHAPE.size(), (shown.index() + 1) * SHAPE.size());
      assertThat(shown.bytes()).isEqualTo(pixels);
    }
  }

  @Test
  void featureMapsAreTheStatesOfTheFirstExamplesAtTheirFreeEquilibria() throws IOException {
    TestFindings figures = figures();
    for (int t = 0; t < figures.traces().size(); t++) {
      TestFindings.Trace trace = figures.traces().get(t);
      assertThat(trace.maps()).hasSize(t < 2 ? 2 : 0);
      for (TestFindings.FeatureMaps maps : trace.maps()) {
        float[] states = states(trace.example().index(), maps.layer());
        assertThat(maps.largest()).isPositive();
        double[] relative = maps.relative();
        assertThat(relative).hasSize(states.length);
        for (int i = 0; i < states.length; i++) {
          assertThat(relative[i] * maps.largest())
              .isCloseTo(states[i], within(maps.largest() / 250));
        }
      }
    }
    assertThat(figures.traces().get(0).maps())
        .extracting(TestFindings.FeatureMaps::layer, TestFindings.FeatureMaps::height)
        .containsExactly(tuple(1, 4), tuple(2, 3));
  }

  private float[] states(int example, int k) {
    try (Relaxer relaxer = configuration.spec().newRelaxer()) {
      relaxer.load(weights);
      relaxer.clamp(images, new int[] {example}, 0, 1);
      relaxer.relaxFree();
      try (INDArray state = relaxer.state(Equilibrium.FREE, k)) {
        return Floats.of(state);
      }
    }
  }

  @Test
  void scoreOfAReadoutIsAProbability() throws IOException {
    TestFindings.Shown shown = figures().samples().get(1);
    try (Relaxer relaxer = configuration.spec().newRelaxer()) {
      relaxer.load(weights);
      relaxer.clamp(images, new int[] {1}, 0, 1);
      relaxer.relaxFree();
      try (INDArray z = relaxer.outputs(Equilibrium.FREE)) {
        double sum = 0;
        for (int c = 0; c < 3; c++) {
          sum += Math.exp(z.getDouble(0, c));
        }
        assertThat(shown.score())
            .isCloseTo(Math.exp(z.getDouble(0, shown.predicted())) / sum, within(1e-6));
      }
    }
    assertThat(figures().traces().get(0).steps().get(3).outputs()).hasSize(3);
  }

  @Test
  void countsActivityByChannels() {
    try (Relaxer relaxer = configuration.spec().newRelaxer()) {
      relaxer.load(weights);
      UnitStatistics examination = UnitStatistics.of(relaxer, images, 4);
      double sum = 0;
      int saturated = 0;
      for (int example = 0; example < COUNT; example++) {
        for (float state : states(example, 2)) {
          sum += state;
          saturated += Math.abs(state) == 1 ? 1 : 0;
        }
      }
      UnitStatistics.Layer first = examination.layer(1);
      assertThat(first.units()).isEqualTo(4);
      assertThat(first.dead()).isEqualTo(1);
      UnitStatistics.Layer second = examination.layer(2);
      assertThat(second.units()).isEqualTo(3);
      assertThat(second.dead()).as("-1 is not silent").isZero();
      assertThat(second.meanActivity()).isCloseTo(sum / (COUNT * 45), within(1e-6));
      assertThat(saturated).isGreaterThan(COUNT * 20);
      assertThat(second.saturated()).isEqualTo(saturated / (COUNT * 45.0));
    }
  }

  @Test
  void pageShowsFiltersFeatureMapsAndChannels() throws IOException {
    var unused = figures();
    String page =
        Files.readString(
            Path.of(RunReport.of(Storage.local(), location()).write(Storage.local(), location())));
    assertThat(page)
        .contains(
            "3×5×7-4×4×6-3×3×5-3 in the ranges [0, 1], [-1, 1] of normalised inputs with the cost cross-entropy")
        .contains("id=\"filters-1\"", "id=\"filters-2\"", "id=\"maps-1-1\"", "id=\"maps-2-2\"")
        .contains("<td>hidden 1</td><td>4 channels of 4 × 6</td><td>1 (25.0 %)</td>")
        .contains("<td>hidden 2</td><td>3 channels of 3 × 5</td>")
        .contains("output z of the readout")
        .doesNotContain("weights-corner", "weights-tiles", "<td>output</td>");
    assertThat(Storage.local().list(location() + "/pictures"))
        .contains("filters-1.png", "filters-2.png", "maps-1-1.png", "maps-2-2.png");
    RunFolder.pictures(Storage.local(), location()).replace(Map.of());
    assertThat(Storage.local().list(location() + "/pictures")).as("only its files").isEmpty();
  }

  @Test
  void refusesFiguresOfAnotherNetworkAndDamagedMapsByKey() throws IOException {
    var unused = figures();
    Path file = folder.resolve("run/figures.json");
    String whole = Files.readString(file);
    for (String[] change :
        new String[][] {
          {"\"layer\":1", "\"layer\":0", "traces"},
          {"\"layer\":1", "\"layer\":3", "maps"},
          {"\"height\":4", "\"height\":5", "traces"},
          {"\"states\":\"", "\"states\":\"(", "traces"},
          {"\"maps\":\\[", "\"maps\":[null,", "traces"},
          {"\"layers\":\\[.*?\\},", "\"layers\":[", "layers"}
        }) {
      String damaged = whole.replaceFirst(change[0], change[1]);
      assertThat(damaged).as(change[0]).isNotEqualTo(whole);
      Files.writeString(file, damaged);
      assertThatThrownBy(() -> RunReport.of(Storage.local(), location()))
          .as(change[1])
          .isInstanceOf(InputException.class)
          .hasMessageMatching(
              ".*figures.json: damaged: " + change[2] + ".*: not what a run writes");
    }
    Files.writeString(file, whole.replaceAll(",\"maps\":\\[[^\\]]*\\]", ""));
    assertThat(RunReport.of(Storage.local(), location()).html(false, "1"))
        .as("without maps")
        .contains("id=\"filters-1\"")
        .doesNotContain("Feature maps");
  }
}

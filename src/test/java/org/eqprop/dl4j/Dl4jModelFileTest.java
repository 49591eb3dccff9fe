package org.eqprop.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TimeZone;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.InputException;
import org.eqprop.data.Storage;
import org.eqprop.dynamics.Backend;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.Estimator;
import org.eqprop.learning.EstimatorKind;
import org.eqprop.model.ModelFile;
import org.eqprop.model.Parameters;
import org.eqprop.model.Topology;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.preprocessor.NormalizerMinMaxScaler;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

class Dl4jModelFileTest {
  private static final Topology TOPOLOGY = Topology.of(16, 7, 4);

  @TempDir Path folder;
  private final Storage storage = Storage.local();

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private static ModelFile model() {
    RunConfiguration configuration =
        new ConfigurationReader()
            .set("topology=[16, 7, 4]")
            .set("training.learning-rates=[0.3, 0.07]")
            .set("training.decay=0.8")
            .set("training.seed=9007199254740993") // no double
            .read();
    float[] parameters = Parameters.glorotUniform(TOPOLOGY, 3);
    parameters[0] = Float.MIN_VALUE;
    parameters[1] = -0f;
    return new ModelFile(
        TOPOLOGY,
        parameters,
        Map.of(
            ModelFile.CONFIGURATION,
            configuration.toJson(),
            ModelFile.EPOCH,
            "5",
            "note",
            "\"Grüße\" \\ <&>"));
  }

  @Test
  void thereAndBackNothingIsLost() throws IOException {
    model().write(storage, file("a.safetensors"));
    ModelFile read = ModelFile.read(storage, file("a.safetensors"));
    Dl4jModelFile.write(read, storage, file("a.zip"));
    assertThat(Dl4jModelFile.isZip(storage, file("a.zip"))).isTrue();
    assertThat(Dl4jModelFile.isZip(storage, file("a.safetensors"))).isFalse();
    Dl4jModelFile.read(storage, file("a.zip")).write(storage, file("b.safetensors"));
    assertThat(folder.resolve("b.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("a.safetensors"));
    TimeZone here = TimeZone.getDefault();
    TimeZone.setDefault(TimeZone.getTimeZone(here.getRawOffset() == 0 ? "Asia/Tokyo" : "UTC"));
    Dl4jModelFile.write(read, storage, file("b.zip"));
    TimeZone.setDefault(here);
    assertThat(folder.resolve("b.zip")).hasSameBinaryContentAs(folder.resolve("a.zip"));
    try (var files = Files.list(folder)) {
      assertThat(files).as("no temporary file").hasSize(4);
    }
  }

  @Test
  void dl4jFindsTheNetworkAsItWas() throws IOException {
    Dl4jModelFile.write(model(), storage, file("a.zip"));
    MultiLayerNetwork network = MultiLayerNetwork.load(new File(file("a.zip")), true);
    assertThat(network.params().dup('c').data().asFloat()).isEqualTo(model().parameters());
    assertThat(network.getEpochCount()).isEqualTo(5);
    EquilibriumLayer layer = (EquilibriumLayer) network.getLayer(0).conf().getLayer();
    assertThat(layer.topology()).isEqualTo(TOPOLOGY);
    assertThat(layer.getUpdaterByParam("W2").getLearningRate(0, 5))
        .isEqualTo(0.07 * Math.pow(0.8, 5));
  }

  private static MultiLayerNetwork network(UnaryOperator<NeuralNetConfiguration.Builder> options) {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            options
                .apply(new NeuralNetConfiguration.Builder().seed(17).updater(new Adam(0.004)))
                .list()
                .layer(
                    new EquilibriumLayer.Builder()
                        .nIn(16)
                        .hidden(7)
                        .nOut(4)
                        .backend(Backend.ND4J)
                        .relaxation(
                            new Relaxation(
                                Schedule.SYNCHRONOUS, 0.25, 9, 8, 1e-3, NudgedStart.ZEROS))
                        .estimator(EstimatorKind.ONE_SIDED, 0.7)
                        .build())
                .build());
    network.init();
    return network;
  }

  @Test
  void ofDl4jsOwnZipTheConfigurationIsThatOfTheLayer() throws IOException {
    MultiLayerNetwork network = network(builder -> builder);
    network.setEpochCount(3);
    network.save(new File(file("own.zip")));
    ModelFile read = Dl4jModelFile.read(storage, file("own.zip"));
    assertThat(read.parameters()).isEqualTo(network.params().dup('c').data().asFloat());
    assertThat(read.metadata()).containsEntry(ModelFile.EPOCH, "3");
    RunConfiguration configuration =
        new ConfigurationReader()
            .text(read.metadata().getOrDefault(ModelFile.CONFIGURATION, ""), "it")
            .read();
    var rule = configuration.rule();
    assertThat(rule.topology()).isEqualTo(TOPOLOGY);
    assertThat(rule.relaxation())
        .isEqualTo(new Relaxation(Schedule.SYNCHRONOUS, 0.25, 9, 8, 1e-3, NudgedStart.ZEROS));
    assertThat(rule.estimator()).isEqualTo(new Estimator(EstimatorKind.ONE_SIDED, 0.7));
    assertThat(rule.backend()).isEqualTo(Backend.ND4J);
    assertThat(rule.hyperparameters().learningRates()).containsExactly(0.004, 0.004);
    assertThat(rule.hyperparameters().decay()).isEqualTo(1);
    assertThat(rule.hyperparameters().seed()).isEqualTo(17);
  }

  private void refused(String name, String expected) {
    assertThatThrownBy(() -> Dl4jModelFile.read(storage, file(name)))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(file(name) + ": ")
        .hasMessageContaining(expected)
        .extracting(e -> String.valueOf(e.getMessage()).lines().count())
        .isEqualTo(1L);
  }

  @Test
  void whatCannotBeReadIsSaidInALine() throws IOException {
    refused("none.zip", "no such file");
    network(builder -> builder.dataType(DataType.DOUBLE)).save(new File(file("double.zip")));
    refused("double.zip", "its weights are DOUBLE: expected FLOAT");
    NormalizerMinMaxScaler scaler = new NormalizerMinMaxScaler();
    scaler.fit(new DataSet(Nd4j.rand(5, 16), Nd4j.rand(5, 4)));
    network(builder -> builder).save(new File(file("scaled.zip")));
    ModelSerializer.addNormalizerToModel(new File(file("scaled.zip")), scaler);
    refused("scaled.zip", "it has a normalizer");
    MultiLayerNetwork other =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .list()
                .layer(new DenseLayer.Builder().nIn(3).nOut(3).build())
                .layer(new OutputLayer.Builder().nIn(3).nOut(2).build())
                .build());
    other.init();
    other.save(new File(file("other.zip")));
    refused("other.zip", "expected a network of one EquilibriumLayer");
    Dl4jModelFile.write(model(), storage, file("a.zip"));
    byte[] whole = Files.readAllBytes(folder.resolve("a.zip"));
    int lastEntry = new String(whole, StandardCharsets.ISO_8859_1).indexOf("PK\003\004", 1_000);
    for (int length : new int[] {5, 300, lastEntry, whole.length - 22}) {
      Files.write(folder.resolve("cut.zip"), Arrays.copyOf(whole, length));
      refused("cut.zip", "it is truncated");
    }
  }

  @Test
  void aCheckpointIsRefused() {
    float[] parameters = new float[TOPOLOGY.parameterCount()];
    ModelFile checkpoint = new ModelFile(TOPOLOGY, parameters, parameters, model().metadata());
    assertThatThrownBy(() -> Dl4jModelFile.write(checkpoint, storage, file("c.zip")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("checkpoint");
    ModelFile bare = new ModelFile(TOPOLOGY, parameters, Map.of());
    assertThatThrownBy(() -> Dl4jModelFile.write(bare, storage, file("c.zip")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("without a configuration");
    assertThat(folder.resolve("c.zip")).doesNotExist();
  }
}

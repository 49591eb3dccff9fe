package org.eqprop.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.NetworkKeys;
import org.eqprop.config.RunConfiguration;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.EstimatorKind;
import org.eqprop.learning.GradientEstimator;
import org.eqprop.learning.UpdaterState;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Network;
import org.eqprop.network.NetworkKinds;
import org.eqprop.network.Weights;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.preprocessor.NormalizerMinMaxScaler;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

class Dl4jModelFileTest {
  private static final Network TOPOLOGY = Network.of(16, 7, 4);

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
            .set("training.seed=9007199254740993") // not representable as a double
            .read();
    Weights parameters = Weights.glorotUniform(TOPOLOGY, 3);
    parameters.values()[0] = Float.MIN_VALUE;
    parameters.values()[1] = -0f;
    return new ModelFile(
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
  void roundTripsAreLossless() throws IOException {
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
  void dl4jLoadsTheSameNetwork() throws IOException {
    Dl4jModelFile.write(model(), storage, file("a.zip"));
    MultiLayerNetwork network = MultiLayerNetwork.load(new File(file("a.zip")), true);
    assertThat(network.params().dup('c').data().asFloat()).isEqualTo(model().weights().values());
    assertThat(network.getEpochCount()).isEqualTo(5);
    EquilibriumLayer layer = (EquilibriumLayer) network.getLayer(0).conf().getLayer();
    assertThat(layer.network()).isEqualTo(TOPOLOGY);
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
  void takesTheConfigurationOfDl4jsOwnZipFromTheLayer() throws IOException {
    MultiLayerNetwork network = network(builder -> builder);
    network.setEpochCount(3);
    network.save(new File(file("own.zip")));
    ModelFile read = Dl4jModelFile.read(storage, file("own.zip"));
    assertThat(read.weights().values()).isEqualTo(network.params().dup('c').data().asFloat());
    assertThat(read.metadata()).containsEntry(ModelFile.EPOCH, "3");
    RunConfiguration configuration =
        new ConfigurationReader()
            .text(read.metadata().getOrDefault(ModelFile.CONFIGURATION, ""), "it")
            .read();
    var spec = configuration.spec();
    assertThat(spec.network()).isEqualTo(TOPOLOGY);
    assertThat(spec.relaxation())
        .isEqualTo(new Relaxation(Schedule.SYNCHRONOUS, 0.25, 9, 8, 1e-3, NudgedStart.ZEROS));
    assertThat(spec.estimator()).isEqualTo(new GradientEstimator(EstimatorKind.ONE_SIDED, 0.7));
    assertThat(spec.backend()).isEqualTo(Backend.ND4J);
    assertThat(spec.hyperparameters().learningRates()).containsExactly(0.004, 0.004);
    assertThat(spec.hyperparameters().schedule().decay()).isEqualTo(1);
    assertThat(spec.hyperparameters().seed()).isEqualTo(17);
  }

  private static ModelFile model(Network network) {
    ConfigurationReader reader =
        new ConfigurationReader()
            .set("training.learning-rates=" + Collections.nCopies(network.weightLayers(), 0.1));
    for (var key : NetworkKeys.keys(network).entrySet()) {
      reader = reader.set(key.getKey(), key.getValue(), "a test");
    }
    return new ModelFile(
        Weights.glorotUniform(network, 3),
        Map.of(ModelFile.CONFIGURATION, reader.read().toJson(), ModelFile.EPOCH, "2"));
  }

  static Stream<Network> kinds() {
    return NetworkKinds.all().values().stream();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void roundTripsEveryKindOfNetwork(Network network) throws IOException {
    model(network).write(storage, file("a.safetensors"));
    Dl4jModelFile.write(ModelFile.read(storage, file("a.safetensors")), storage, file("a.zip"));
    Dl4jModelFile.read(storage, file("a.zip")).write(storage, file("b.safetensors"));
    assertThat(folder.resolve("b.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("a.safetensors"));
    MultiLayerNetwork dl4j = MultiLayerNetwork.load(new File(file("a.zip")), true);
    EquilibriumLayer layer = (EquilibriumLayer) dl4j.getLayer(0).conf().getLayer();
    assertThat(layer.network()).isEqualTo(network);
    assertThat(dl4j.params().dup('c').data().asFloat())
        .isEqualTo(model(network).weights().values());
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void takesTheNetworkOfDl4jsOwnZipFromTheLayer(Network network) throws IOException {
    MultiLayerNetwork own =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(17)
                .updater(new Adam(0.004))
                .list()
                .layer(new EquilibriumLayer.Builder().network(network).build())
                .build());
    own.init();
    own.save(new File(file("own.zip")));
    ModelFile read = Dl4jModelFile.read(storage, file("own.zip"));
    assertThat(read.weights().values()).isEqualTo(own.params().dup('c').data().asFloat());
    RunConfiguration configuration =
        new ConfigurationReader()
            .text(read.metadata().getOrDefault(ModelFile.CONFIGURATION, ""), "it")
            .read();
    assertThat(configuration.spec().network()).isEqualTo(network);
    assertThat(configuration.spec().hyperparameters().learningRates())
        .hasSize(network.weightLayers())
        .containsOnly(0.004);
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
  void refusesUnreadableFilesInOneLine() throws IOException {
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

  /** Writes the zip of {@link #model} under another name, with changed entries. */
  private void rewrite(String name, Map<String, UnaryOperator<byte[]>> changes) throws IOException {
    rewrite(model(), name, changes);
  }

  private void rewrite(ModelFile model, String name, Map<String, UnaryOperator<byte[]>> changes)
      throws IOException {
    Dl4jModelFile.write(model, storage, file("whole.zip"));
    Map<String, byte[]> entries = new TreeMap<>();
    try (ZipFile zip = new ZipFile(file("whole.zip"))) {
      for (ZipEntry entry : zip.stream().toList()) {
        entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
      }
    }
    changes.forEach(
        (entry, change) ->
            entries.put(entry, change.apply(entries.getOrDefault(entry, new byte[0]))));
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(folder.resolve(name)))) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
        zip.closeEntry();
      }
    }
  }

  private static UnaryOperator<byte[]> replaced(String from, String to) {
    return bytes -> {
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      assertThat(text).contains(from);
      return text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1);
    };
  }

  private void refusedWith(String entry, UnaryOperator<byte[]> change, String expected)
      throws IOException {
    rewrite("changed.zip", Map.of(entry, change));
    refused("changed.zip", expected);
  }

  /** Sets a flag when it is deserialized, where a hostile class might run a program. */
  public static final class Deserialized implements Serializable {
    private static final long serialVersionUID = 1L;
    private static boolean happened;

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      in.defaultReadObject();
      happened = true;
    }
  }

  @Test
  void neverDeserializesJavaObjects() throws IOException {
    ByteArrayOutputStream object = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(object)) {
      out.writeObject(new Deserialized());
    }
    for (String entry : List.of("preprocessor.bin", "normalizer.bin", "objects/x", "../x")) {
      refusedWith(entry, none -> object.toByteArray(), "");
    }
    refused("changed.zip", "it has the entry '../x': expected only coefficients.bin, conf");
    rewrite("state.zip", Map.of("updaterState.bin", none -> object.toByteArray()));
    assertThat(Dl4jModelFile.read(storage, file("state.zip")).weights())
        .as("DL4J's own entry is never opened")
        .isEqualTo(model().weights());
    assertThat(Deserialized.happened).isFalse();
  }

  @Test
  void decompressesOnlyWhatTheNetworkNeeds() throws IOException {
    byte[] zeros = new byte[(1 << 24) + 1];
    refusedWith("bomb", none -> zeros, "it has the entry 'bomb'");
    for (String entry : List.of("coefficients.bin", "configuration.json", "eqprop-spark.json")) {
      UnaryOperator<byte[]> padded =
          bytes -> {
            byte[] more = Arrays.copyOf(bytes, zeros.length);
            Arrays.fill(more, bytes.length, more.length, (byte) ' ');
            return more;
          };
      refusedWith(entry, padded, entry + " is longer than expected");
    }
  }

  @Test
  void checksTheJsonBeforeDl4jReadsIt() throws IOException {
    String json = "configuration.json";
    String deep = "[".repeat(200_000) + "]".repeat(200_000);
    refusedWith(
        json, replaced("\"confs\" :", "\"deep\" : " + deep + ", \"confs\" :"), "nesting depth");
    refusedWith(json, replaced("{", "{ \"confs\" : 1,"), "not valid JSON: Duplicate field");
    refusedWith(json, replaced("\"confs\"", "\"cons\""), "a network of one EquilibriumLayer");
    refusedWith(
        json,
        replaced("org.nd4j.linalg.learning.config.Sgd", "org.apache.commons.Gadget"),
        "names the class \"org.apache.commons.Gadget\"");
    refusedWith(json, replaced("\"@class\"", "\"@klass\""), "a network of one EquilibriumLayer");
    refusedWith(
        json, replaced("learning.config.Sgd", "learning.config.None"), "DL4J cannot read it");
    refusedWith(
        json,
        replaced("\"inputPreProcessors\" : { }", "\"inputPreProcessors\" : { \"0\":{} }"),
        "a preprocessor");
    refusedWith(json, replaced("\"nin\" : 16", "\"nin\" : 99999999999"), "its layer: ");
    refusedWith(json, replaced("\"beta\" : 0.2", "\"beta\" : 0"), "its layer: ");
    refusedWith(
        json,
        replaced("\"hidden\" : [ 7 ]", "\"hidden\" : [ 8 ]"),
        "it has 151 weights and biases: expected 172");
  }

  /** The text is read like a configuration, without substitutions or includes. */
  @Test
  void treatsTheTextOfTheNetworkAsData() throws IOException {
    ModelFile model = model(NetworkKinds.of("all at once"));
    String begin = "\"network\" : \"";
    for (String[] each :
        new String[][] {
          {begin + "{", begin, "its layer: the layer's network: "},
          {begin + "{", begin + "[{", "its layer: the layer's network: "},
          {begin + "{", begin + "{\\\"a\\\":${HOME},", "its layer: the layer's network: "},
          {
            begin + "{", begin + "{\\\"a\\\":1,", "unknown key 'a': expected one of cost, deviation"
          },
          {begin + "{", begin + "include \\\"/etc/passwd\\\" {", "the layer's network: "},
          {begin, "\"network\" : null, \"other\" : \"", "its layer: network is not a text"},
          {"[2,5,4]", "\\\"auto\\\"", "network.input = auto: expected the number of values"},
          {"[2,5,4]", "[2,5,4000000]", "network.input = [2,5,4000000]: expected a whole number"},
          {"[2,5,4]", "[2,5,1]", "the convolution of the 2 × 5 × 1 layer below would be empty"},
          {"[0.3,0.6]", "\\\"auto\\\"", "mean auto, deviation [0.5, 2.0]: expected numbers"},
          {"\\\"channels\\\":3", "\\\"channels\\\":-1", "channels = -1: expected 1 to 65536"},
          {"\\\"channels\\\":3", "\\\"channels\\\":4", "weights and biases: expected 63"},
          {"[-0.5,2.0]", "\\\"linear\\\"", "its configuration has {\"cost\":\"cross-entropy\""},
          {"\"nin\" : 40", "\"nin\" : 41", "its layer: nIn = 41: expected 40, since network = "},
          {"\"hidden\" : [ ]", "\"hidden\" : [ 5 ]", "its layer: hidden = [5]: expected none"},
          {"[0.5,2.0]", "[0.5,0.0]", "network.deviation = [0.5, 0.0]: expected numbers above 0"}
        }) {
      rewrite(model, "changed.zip", Map.of("configuration.json", replaced(each[0], each[1])));
      refused("changed.zip", each[2]);
    }
  }

  /** The exported and the evaluated network must be the same, so both parts must agree. */
  @Test
  void refusesARunConfigurationThatContradictsTheLayer() throws IOException {
    refusedWith(
        "configuration.json",
        replaced("\"freeSteps\" : 5", "\"freeSteps\" : 6"),
        "eqprop-spark.json: its configuration has Relaxation[");
    refusedWith(
        "eqprop-spark.json",
        replaced("[16,7,4]", "[15,7,4]"),
        "eqprop-spark.json: its configuration has 15-7-4, but DL4J's layer has 16-7-4");
    refusedWith("eqprop-spark.json", replaced("\"5\"", "5"), "'epoch' is not a text");
    refusedWith(
        "eqprop-spark.json", replaced("\"5\"", "{}"), "eqprop-spark.json is not valid JSON");
    refusedWith(
        "eqprop-spark.json",
        replaced("spark.model\":\"2", "spark.model\":\"7"),
        "version 7: expected 1 or 2");
  }

  @Test
  void requiresWeightsInAVectorOfFiniteFloats() throws IOException {
    String name = "coefficients.bin";
    refusedWith(name, bytes -> Arrays.copyOf(bytes, bytes.length - 1), name + " is damaged");
    refusedWith(name, bytes -> Arrays.copyOf(bytes, bytes.length + 1), name + " is longer");
    refusedWith(
        name, replaced("MIXED_DATA_TYPES", "LONG_DATA_SHAPES"), "not in the format of ND4J 1.0.0");
    refusedWith(name, replaced("FLOAT", "INT16"), "its weights are INT16: expected FLOAT");
    refusedWith(name, bytes -> with(bytes, 32, 3), "an array of rank 3: expected a vector");
    refusedWith(name, bytes -> with(bytes, 40, 1L << 40), "weights and biases: expected 151");
    refusedWith(name, bytes -> with(bytes, 98, 1L << 40), "weights and biases: expected 151");
    refusedWith(name, bytes -> with(bytes, bytes.length - 8, -1), "b_2[2] is NaN: expected finite");
  }

  private static byte[] with(byte[] bytes, int at, long value) {
    byte[] changed = bytes.clone();
    ByteBuffer.wrap(changed).putLong(at, value);
    return changed;
  }

  /** Flips every 13th bit of the whole file, one at a time. */
  @Test
  void refusesAFlippedBitUnlessItChangesNothing() throws IOException {
    Dl4jModelFile.write(model(), storage, file("whole.zip"));
    ModelFile whole = Dl4jModelFile.read(storage, file("whole.zip"));
    byte[] good = Files.readAllBytes(folder.resolve("whole.zip"));
    int refused = 0;
    for (int bit = 0; bit < 8 * good.length; bit += 13) {
      byte[] flipped = good.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(folder.resolve("flipped.zip"), flipped);
      try {
        ModelFile read = Dl4jModelFile.read(storage, file("flipped.zip"));
        assertThat(read.weights()).isEqualTo(whole.weights());
        assertThat(read.metadata()).isEqualTo(whole.metadata());
      } catch (InputException e) {
        assertThat(e.getMessage()).startsWith(file("flipped.zip") + ": ").doesNotContain("\n");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(good.length / 2);
  }

  @Test
  void refusesToWriteWhatDl4jHasNoPlaceFor() {
    Weights parameters = Weights.zeros(TOPOLOGY);
    ModelFile checkpoint =
        new ModelFile(parameters, UpdaterState.ZERO, parameters, model().metadata());
    assertThatThrownBy(() -> Dl4jModelFile.write(checkpoint, storage, file("c.zip")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("checkpoint");
    ModelFile bare = new ModelFile(parameters, Map.of());
    assertThatThrownBy(() -> Dl4jModelFile.write(bare, storage, file("c.zip")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("without a configuration");
    ModelFile other = new ModelFile(Weights.zeros(Network.of(1, 1)), model().metadata());
    assertThatThrownBy(() -> Dl4jModelFile.write(other, storage, file("c.zip")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("topology 16-7-4: expected 1-1, the topology of its weights");
    assertThat(folder.resolve("c.zip")).doesNotExist();
  }
}

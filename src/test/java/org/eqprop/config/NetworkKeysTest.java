package org.eqprop.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.eqprop.base.InputException;
import org.eqprop.data.Normalisation;
import org.eqprop.data.Shape;
import org.eqprop.network.Convolution;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Link;
import org.eqprop.network.Network;
import org.eqprop.network.NetworkKinds;
import org.eqprop.network.RandomConvolutions;
import org.eqprop.network.Range;
import org.eqprop.network.SquaredError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A network that is written as text reads back as the same network. */
class NetworkKeysTest {

  static Stream<Network> networks() {
    Shape line = Shape.image(1, 9);
    Convolution alongIt = Convolution.plain(line, 2, 1, 2, 0);
    return Stream.of(
            NetworkKinds.all().values().stream(),
            RandomConvolutions.networks(5, 12, new Range(-1e-7, 1e10), Range.RECTIFIER).stream(),
            Stream.of(
                Network.of(784, 500, 10),
                Network.of(3, 2).normalised(new Normalisation(List.of(), List.of(0.1))),
                Network.of(3, 2).normalised(new Normalisation(Normalisation.AUTO, List.of())),
                Network.of(3, 2)
                    .normalised(new Normalisation(Normalisation.MEDIAN, Normalisation.AUTO)),
                Network.dense(
                    4, List.of(new Layer(2, new Range(Double.NEGATIVE_INFINITY, 0.1), 1))),
                new Network(
                    line,
                    List.of(new Layer(alongIt.output(), Range.LINEAR, 1 / 3.0)),
                    List.of(alongIt),
                    new SquaredError())))
        .flatMap(stream -> stream);
  }

  @ParameterizedTest
  @MethodSource("networks")
  void readsBackTheSameNetwork(Network network) {
    String text = NetworkKeys.of(network);
    assertThat(text).doesNotContain("\n");
    assertThat(NetworkKeys.read(text, "it")).isEqualTo(network);
  }

  @ParameterizedTest
  @MethodSource("networks")
  void theKeysDescribeTheNetworkInAConfiguration(Network network) {
    ConfigurationReader reader =
        new ConfigurationReader()
            .set("network.input=[3, 8, 8]")
            .set("network.layers=[{units = 2}]")
            .set("training.learning-rates=" + Collections.nCopies(network.weightLayers(), 0.1));
    for (Map.Entry<String, String> key : NetworkKeys.keys(network).entrySet()) {
      reader = reader.set(key.getKey(), key.getValue(), "a test");
    }
    assertThat(reader.read().spec().network()).isEqualTo(network);
  }

  @Test
  void writesTheTopologyOnlyIfSizesDescribeTheNetwork() {
    assertThat(NetworkKeys.keys(Network.of(7, 5, 3))).isEqualTo(Map.of("topology", "[7, 5, 3]"));
    for (Network other : NetworkKinds.all().values()) {
      assertThat(NetworkKeys.isSizesAlone(other)).isFalse();
      assertThat(NetworkKeys.keys(other))
          .containsKey("network.layers")
          .doesNotContainKey("topology");
    }
  }

  @Test
  void usesTheWordsOfTheConfiguration() {
    assertThat(NetworkKeys.of(NetworkKinds.of("all at once")))
        .isEqualTo(
            "{\"cost\":\"cross-entropy\",\"deviation\":[0.5,2.0],\"input\":[2,5,4],\"layers\":["
                + "{\"channels\":3,\"gain\":0.75,\"kernel\":2,\"pool\":2,\"pooling\":\"average\","
                + "\"range\":[-0.5,2.0]},{\"units\":3}],\"mean\":[0.3,0.6]}");
    assertThat(NetworkKeys.of(NetworkKinds.of("ranges")))
        .contains("\"range\":\"rectifier\"", "\"range\":[-0.25,\"inf\"]");
  }

  /** A link that a configuration cannot describe. */
  private record Doubled(Dense dense) implements Link {
    private static final long serialVersionUID = 1L;

    @Override
    public int inputs() {
      return dense.inputs();
    }

    @Override
    public int outputs() {
      return dense.outputs();
    }

    @Override
    public List<Integer> shape() {
      return dense.shape();
    }

    @Override
    public long multiplyAdds() {
      return dense.multiplyAdds();
    }

    @Override
    public double initialBound() {
      return 2 * dense.initialBound();
    }

    @Override
    public void up(double[] w, double[] at, double[] below, double[] sum) {
      dense.up(w, at, below, sum);
    }

    @Override
    public void down(double[] w, double[] at, double[] above, double[] sum) {
      dense.down(w, at, above, sum);
    }

    @Override
    public void correlate(
        double[] w, double[] at, double[] below, double[] above, double c, double[] sum) {
      dense.correlate(w, at, below, above, c, sum);
    }
  }

  @Test
  void refusesNetworksThatTheKeysCannotDescribe() {
    Network foreign =
        new Network(
            3, List.of(new Layer(2)), List.of(new Doubled(new Dense(3, 2))), new SquaredError());
    assertThatThrownBy(() -> NetworkKeys.of(foreign))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("Doubled")
        .hasMessageEndingWith(
            "expected dense links and convolutions, which network.layers describes");
    Network image =
        new Network(
            4,
            List.of(new Layer(Shape.image(2, 3), Range.LINEAR, 1)),
            List.of(new Dense(4, 6)),
            new SquaredError());
    assertThatThrownBy(() -> NetworkKeys.of(image))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("the network is 4-2×3")
        .hasMessageEndingWith("expected one that the keys below network describe");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ | it: ",
        "{\"input\":3} | it: network.layers = []: expected an entry for each layer above the input",
        "{\"layers\":[{\"units\":2}]} | it: network.input = auto: expected the number of values",
        "{\"input\":3,\"layers\":[{\"units\":0}]} | it: network.layers = units = 0: expected from 1",
        "{\"input\":3,\"layers\":[{\"kernel\":2,\"channels\":1}]} | it: network.layers = {\"channels\"",
        "{\"input\":[3,3],\"layers\":[{\"kernel\":9,\"channels\":1}]} | it: network.layers = kernel",
        "{\"input\":[1000,1000],\"layers\":[{\"kernel\":1,\"channels\":65536},{\"units\":2}]} | it: ",
        "{\"input\":3,\"layers\":[{\"units\":2}],\"cost\":\"love\"} | it: network.cost = love: expected",
        "{\"input\":3,\"layers\":[{\"units\":2}],\"mean\":[1,2]} | it: network.mean = [1.0, 2.0]: expected 1",
        "{\"input\":3,\"layers\":[{\"units\":2}],\"topology\":[1]} | it: unknown key 'topology': expected one of cost, deviation",
        "{\"input\":null,\"layers\":[{\"units\":2}]} | it: network.input = null: expected",
        "{\"input\":3,\"layers\":[{\"units\":\"${HOME}\"}]} | it: network.layers = {\"units\":\"${HOME}\"}: expected",
        "{\"input\":3,\"layers\":${HOME}} | it: ",
        "include \"/etc/passwd\" | it: "
      })
  void refusesBadTextInOneLine(String text, String message) {
    assertThatThrownBy(() -> NetworkKeys.read(text, "it"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(message)
        .message()
        .doesNotContain("\n", "root:")
        .doesNotContain(System.getenv().getOrDefault("HOME", "?"));
  }
}

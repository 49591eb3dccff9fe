package org.eqprop.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.eqprop.Golden;
import org.eqprop.data.Shape;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests the definition of a convolution. */
class ConvolutionTest {

  /** PyTorch's results for one link, made by {@code src/test/python/make_convolutions.py}. */
  record Case(Convolution link, JsonNode json) {
    double[] values(String name) {
      return Golden.vector(json.get(name));
    }

    @Override
    public String toString() {
      return link.input() + ": " + link;
    }
  }

  static List<Case> cases() throws IOException {
    List<Case> cases = new ArrayList<>();
    Path file = Path.of("src/test/resources/convolutions.json");
    for (JsonNode node : new ObjectMapper().readTree(file.toFile())) {
      Shape input = Golden.shape(node.get("input"));
      cases.add(new Case(Golden.convolution(input, node), node));
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void mapAdjointAndGradientMatchPyTorch(Case golden) {
    Convolution link = golden.link();
    double[] w = golden.values("weight");
    double[] at = golden.values("at");
    double[] below = golden.values("below");
    double[] above = golden.values("above");
    double[] value = golden.values("value");
    assertThat(link.outputs()).isEqualTo(value.length);

    double[] sum = new double[link.outputs()];
    link.up(w, at, at, sum);
    assertThat(sum).containsExactly(value, within(1e-12));
    sum = new double[link.outputs()];
    link.up(w, at, below, sum);
    assertThat(sum).containsExactly(golden.values("up"), within(1e-12));
    sum = new double[link.inputs()];
    link.down(w, at, above, sum);
    assertThat(sum).containsExactly(golden.values("down"), within(1e-12));
    sum = new double[w.length];
    link.correlate(w, at, below, above, 2, sum);
    double[] gradient = golden.values("gradient");
    Arrays.setAll(gradient, i -> 2 * gradient[i]);
    assertThat(sum).containsExactly(gradient, within(1e-12));
  }

  static List<Link> links() {
    return RandomConvolutions.networks(5, 20, Range.LINEAR, Range.LINEAR).stream()
        .flatMap(network -> network.links().stream())
        .toList();
  }

  private static double[] random(Random random, int n) {
    return random.doubles(n, -1, 1).toArray();
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double[] up(Link link, double[] w, double[] at, double[] below) {
    double[] sum = new double[link.outputs()];
    link.up(w, at, below, sum);
    return sum;
  }

  /** ⟨v, A u⟩ = ⟨Aᵀ v, u⟩; both are added to existing values. */
  @ParameterizedTest
  @MethodSource("links")
  void downIsTheAdjointOfUp(Link link) {
    Random random = new Random(1);
    double[] w = random(random, link.shape().stream().reduce(1, Math::multiplyExact));
    double[] at = random(random, link.inputs());
    double[] u = random(random, link.inputs());
    double[] v = random(random, link.outputs());
    double[] before = random(random, link.inputs());
    double[] down = before.clone();
    link.down(w, at, v, down);
    assertThat(dot(down, u) - dot(before, u)).isCloseTo(dot(v, up(link, w, at, u)), within(1e-12));
  }

  /** With max pooling this holds as long as the place of the largest sum stays the same. */
  @ParameterizedTest
  @MethodSource("links")
  void derivativesByTheWeightsAreFiniteDifferences(Link link) {
    Random random = new Random(2);
    double[] w = random(random, link.shape().stream().reduce(1, Math::multiplyExact));
    double[] s = random(random, link.inputs());
    double[] v = random(random, link.outputs());
    double[] slopes = new double[w.length];
    link.correlate(w, s, s, v, 1, slopes);
    double h = 1e-6;
    for (int i = 0; i < w.length; i++) {
      double[] moved = w.clone();
      moved[i] += h;
      double above = dot(v, up(link, moved, s, s));
      moved[i] -= 2 * h;
      double below = dot(v, up(link, moved, s, s));
      assertThat(slopes[i]).isCloseTo((above - below) / (2 * h), within(1e-7));
    }
  }

  /** Aᵀ is the derivative of ⟨v, A(s)⟩ with respect to the states below, at s. */
  @ParameterizedTest
  @MethodSource("links")
  void derivativesByTheStatesAreFiniteDifferences(Link link) {
    Random random = new Random(3);
    double[] w = random(random, link.shape().stream().reduce(1, Math::multiplyExact));
    double[] s = random(random, link.inputs());
    double[] v = random(random, link.outputs());
    double[] slopes = new double[s.length];
    link.down(w, s, v, slopes);
    double h = 1e-6;
    for (int i = 0; i < s.length; i++) {
      double[] moved = s.clone();
      moved[i] += h;
      double above = dot(v, up(link, w, moved, moved));
      moved[i] -= 2 * h;
      double below = dot(v, up(link, w, moved, moved));
      assertThat(slopes[i]).isCloseTo((above - below) / (2 * h), within(1e-7));
    }
  }
}

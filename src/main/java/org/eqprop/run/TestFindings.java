package org.eqprop.run;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Base64;
import java.util.List;
import org.eqprop.base.InputException;
import org.eqprop.base.Json;
import org.eqprop.data.Examples;
import org.eqprop.network.Network;
import org.eqprop.spark.Settling;
import org.eqprop.spark.UnitStatistics;
import org.jspecify.annotations.Nullable;

/**
 * Findings about a trained network on its test set: everything in a report beyond configuration,
 * metrics and model.
 *
 * @param version of the format
 * @param rows height of the images in pixels
 * @param columns width of the images in pixels
 * @param confusion [class][predicted], numbers of test examples
 * @param samples the first test examples
 * @param mistakes the misclassified test examples with the highest scores
 * @param traces how some examples relax
 * @param layers statistics of the units of s_1 … s_L on the test set
 * @param settling how the first test examples settle; null in runs of older versions, and with
 *     noise on states
 * @param gradientCheck comparisons of estimates with the gradient of the loss; empty if that was
 *     not possible
 */
public record TestFindings(
    int version,
    int rows,
    int columns,
    List<List<Integer>> confusion,
    List<Shown> samples,
    List<Shown> mistakes,
    List<Trace> traces,
    List<UnitStatistics.Layer> layers,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Settling settling,
    List<Check> gradientCheck) {
  /** Fails if a list is null, as it is if a damaged file lacks it. */
  public TestFindings {
    confusion = List.copyOf(confusion);
    samples = List.copyOf(samples);
    mistakes = List.copyOf(mistakes);
    traces = List.copyOf(traces);
    layers = List.copyOf(layers);
    gradientCheck = List.copyOf(gradientCheck);
  }

  public static final int VERSION = 1;

  /**
   * Maximum bytes of the file; a hundred classes need 3 MB, nearly all of it for outputs of traces.
   */
  static final int MOST = 1 << 26;

  private static final ObjectMapper JSON = Json.mapper();

  /**
   * A test example.
   *
   * @param index in the test set, from 0
   * @param truth its class
   * @param predicted index of the largest output
   * @param score that output; with a readout, the probability of that class
   * @param pixels [rows · columns], or [3 · rows · columns] in colour, unsigned bytes, as base64
   */
  public record Shown(int index, int truth, int predicted, double score, String pixels) {
    public static Shown of(
        UnitStatistics examination, int index, double score, Examples images, int at) {
      return new Shown(
          index,
          examination.label(index),
          examination.predicted(index),
          score,
          Base64.getEncoder().encodeToString(images.picture(at)));
    }

    @JsonIgnore
    public byte[] bytes() {
      return Base64.getDecoder().decode(pixels);
    }

    @JsonIgnore
    public boolean isRight() {
      return truth == predicted;
    }
  }

  /**
   * How an example relaxes: the free phase from zeros, then the nudged phase.
   *
   * @param example the example
   * @param freeSteps how many of the steps belong to the free phase
   * @param beta of the nudged phase
   * @param steps the states after 0, 1, … steps
   * @param maps the states of layers with channels at the end of the free phase; only for a few
   *     examples
   */
  public record Trace(
      Shown example,
      int freeSteps,
      double beta,
      List<Step> steps,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<FeatureMaps> maps) {
    /** The maps are null if the file has none. */
    public Trace {
      maps = maps == null ? List.of() : List.copyOf(maps);
    }
  }

  /**
   * The states of a layer's first channels.
   *
   * @param layer k
   * @param height of a channel
   * @param width of a channel
   * @param largest the largest |s_k| of these channels
   * @param states [shown channels · height · width], signed bytes as base64: 127 stands for {@link
   *     #largest}
   */
  public record FeatureMaps(int layer, int height, int width, double largest, String states) {
    private static final int FULL = 127;

    /**
     * @param states [shown channels · height · width], s_k itself; not modified
     */
    public static FeatureMaps of(int layer, int height, int width, float[] states) {
      float largest = 0;
      for (float state : states) {
        largest = Math.max(largest, Math.abs(state));
      }
      byte[] bytes = new byte[states.length];
      for (int i = 0; i < states.length; i++) {
        bytes[i] = (byte) (largest == 0 ? 0 : Math.round(FULL * (states[i] / largest)));
      }
      return new FeatureMaps(
          layer, height, width, largest, Base64.getEncoder().encodeToString(bytes));
    }

    /** Returns [shown channels · height · width], s_k divided by the largest |s_k|. */
    public double[] relative() {
      byte[] bytes = Base64.getDecoder().decode(states);
      double[] values = new double[bytes.length];
      for (int i = 0; i < bytes.length; i++) {
        values[i] = (double) bytes[i] / FULL;
      }
      return values;
    }

    /** Returns how many channels are shown. */
    public int count() {
      return Base64.getDecoder().decode(states).length / (height * width);
    }
  }

  /**
   * The state of a relaxation after some steps.
   *
   * @param step how many steps were taken
   * @param energy F = E + βC, β = 0 in the free phase
   * @param residual the largest distance that a unit moved in the step; 0 before the first step
   * @param outputs s_L, or the outputs of the readout
   */
  public record Step(int step, double energy, double residual, List<Double> outputs) {}

  /**
   * A comparison of an estimate with the gradient.
   *
   * @param kind kind of the gradient estimator
   * @param beta β
   * @param error largest relative error over all weights and biases
   */
  public record Check(String kind, double beta, double error) {}

  /** Returns the findings as JSON. */
  String toJson() {
    return Json.text(this);
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @param location for messages
   * @throws InputException if the text is not such JSON, or is inconsistent
   */
  public static TestFindings parse(String json, String location) {
    int version = JsonFile.object(json, location).path("version").asInt();
    if (version != VERSION) {
      throw new InputException(location + ": version " + version + ": expected version " + VERSION);
    }
    try {
      TestFindings findings = JSON.readValue(json, TestFindings.class);
      findings.check(location);
      return findings;
    } catch (JsonProcessingException e) {
      throw JsonFile.damaged(location, e);
    }
  }

  /**
   * Checks that all parts are complete and consistent, so that a report needs no further checks.
   */
  private void check(String location) {
    int classes = confusion.size();
    require(rows > 0 && columns > 0, location, "rows, columns");
    require(
        classes > 0
            && confusion.stream()
                .allMatch(
                    row ->
                        row.size() == classes && row.stream().allMatch(n -> n != null && n >= 0)),
        location,
        "confusion");
    require(samples.stream().allMatch(this::isWhole), location, "samples");
    require(mistakes.stream().allMatch(this::isWhole), location, "mistakes");
    require(traces.stream().allMatch(this::isWhole), location, "traces");
    require(
        !layers.isEmpty() && layers.stream().allMatch(l -> l != null && l.units() > 0),
        location,
        "layers");
    require(settling == null || isWhole(settling), location, "settling");
    require(
        gradientCheck.stream().allMatch(c -> c != null && c.kind() != null),
        location,
        "gradientCheck");
  }

  private static void require(boolean condition, String location, String key) {
    if (!condition) {
      throw new InputException(location + ": damaged: " + key + ": not what a run writes");
    }
  }

  private boolean isWhole(@Nullable Shown shown) {
    int classes = confusion.size();
    if (shown == null
        || shown.pixels == null
        || shown.truth < 0
        || shown.truth >= classes
        || shown.predicted < 0
        || shown.predicted >= classes) {
      return false;
    }
    try {
      int pixels = shown.bytes().length;
      return pixels == (long) rows * columns || pixels == 3L * rows * columns;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean isWhole(Settling settling) {
    return settling.examples() > 0
        && !settling.steps().isEmpty()
        && settling.settled(settling.steps().size()) <= settling.examples()
        && settling.steps().stream().allMatch(step -> isWhole(step, settling.examples()));
  }

  private static boolean isWhole(Settling.@Nullable Step step, int examples) {
    return step != null
        && step.errors() >= 0
        && step.errors() <= examples
        && step.settled() >= 0
        && Double.isFinite(step.energy())
        && Double.isFinite(step.moves());
  }

  private boolean isWhole(@Nullable Trace trace) {
    if (trace == null || !isWhole(trace.example) || trace.steps == null || trace.steps.isEmpty()) {
      return false;
    }
    int before = -1;
    for (Step step : trace.steps) {
      if (step == null
          || step.step <= before
          || step.outputs == null
          || step.outputs.size() != confusion.size()
          || step.outputs.contains(null)) {
        return false;
      }
      before = step.step;
    }
    return trace.maps.stream().allMatch(TestFindings::isWhole);
  }

  private static boolean isWhole(FeatureMaps maps) {
    if (maps.states == null || maps.layer < 1 || maps.height < 1 || maps.width < 1) {
      return false;
    }
    try {
      int count = Base64.getDecoder().decode(maps.states).length;
      return count > 0 && count % ((long) maps.height * maps.width) == 0;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * Checks that these are findings about a network.
   *
   * @param location for messages
   * @throws InputException if they are not
   */
  void requireOf(Network network, String location) {
    require(layers.size() == network.depth(), location, "layers");
    require(
        traces.stream()
            .flatMap(trace -> trace.maps.stream())
            .allMatch(maps -> maps.layer <= network.depth()),
        location,
        "maps");
  }
}

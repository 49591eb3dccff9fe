package org.eqprop.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.eqprop.base.InputException;
import org.eqprop.base.KeyValues;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.Examples;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.GradientCheck;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Convolution;
import org.eqprop.network.Link;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.eqprop.network.Weights;
import org.eqprop.run.RunData;
import org.eqprop.run.RunFolder;
import org.eqprop.run.TestFindings;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.Settling;
import org.eqprop.spark.Split;
import org.eqprop.spark.UnitStatistics;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;

/** Makes the figures of a trained network from single examples, in this process. */
public final class FigureMaker {
  private static final int SAMPLES = 8;
  private static final int MISTAKES = 8;
  private static final int CHECKED = 10;
  private static final int SETTLED = 500;

  /** The number of examples whose states of layers with channels are shown. */
  private static final int MAPPED = 2;

  /** A check at float64 of larger or deeper networks takes longer than people wait. */
  private static final int CHECKABLE = 500_000;

  private static final List<Double> BETAS = List.of(0.1, 0.01, 0.001);

  private final Storage storage;
  private final DataPlan plan;
  private final RunConfiguration configuration;
  private final Weights weights;

  /**
   * @param plan names the test set
   * @param weights of the trained network; not modified
   */
  public FigureMaker(
      Storage storage, DataPlan plan, RunConfiguration configuration, Weights weights) {
    this.storage = storage;
    this.plan = plan;
    this.configuration = configuration;
    this.weights = weights;
  }

  /**
   * Makes the figures of a finished run if they are missing, in this process.
   *
   * @param location the run folder; its figures are written there
   * @throws InputException if it is not a run folder, or its test set cannot be read
   */
  public static void complete(Storage storage, String location) {
    RunData run = RunData.read(storage, location, true);
    ModelFile model = run.model();
    if (run.findings() != null || run.result() == null || model == null) {
      return;
    }
    RunConfiguration configuration = run.configuration();
    DataPlan plan = DataPlan.inspect(storage, configuration, Split.TEST);
    try (Relaxer relaxer = configuration.spec().computableHere().newRelaxer()) {
      relaxer.load(model.weights());
      UnitStatistics examination =
          UnitStatistics.of(
              relaxer, plan.read(storage, Split.TEST, 0, 1), configuration.evaluation().batch());
      TestFindings findings =
          new FigureMaker(storage, plan, configuration, model.weights()).make(examination);
      RunFolder.writeFigures(storage, location, findings);
    }
  }

  /**
   * Makes the figures.
   *
   * @param examination of the whole test set
   * @throws InputException if the test set cannot be read
   */
  public TestFindings make(UnitStatistics examination) {
    List<TestFindings.Shown> samples =
        shown(
            examination,
            IntStream.range(0, Math.min(SAMPLES, examination.size())).boxed().toList());
    List<TestFindings.Shown> mistakes = shown(examination, worst(examination));
    Examples first = plan.pick(storage, Split.TEST, 0);
    return new TestFindings(
        TestFindings.VERSION,
        first.shape().height(),
        first.shape().width(),
        confusion(examination),
        samples,
        mistakes,
        traces(shown(examination, telling(examination))),
        IntStream.rangeClosed(1, network().depth()).mapToObj(examination::layer).toList(),
        settling(examination.size()),
        checks(examination.size()));
  }

  private Network network() {
    return configuration.spec().network();
  }

  private List<TestFindings.Shown> shown(UnitStatistics examination, List<Integer> indices) {
    if (indices.isEmpty()) {
      return List.of();
    }
    int[] chosen = indices.stream().mapToInt(Integer::intValue).toArray();
    Examples images = plan.pick(storage, Split.TEST, chosen);
    return IntStream.range(0, chosen.length)
        .mapToObj(
            i ->
                TestFindings.Shown.of(
                    examination, chosen[i], score(examination, chosen[i]), images, i))
        .toList();
  }

  /** Returns the largest output; with a readout, the probability of its class, exp(−C). */
  private double score(UnitStatistics examination, int example) {
    float[] outputs = examination.scores(example);
    int predicted = examination.predicted(example);
    if (!network().hasReadout()) {
      return outputs[predicted];
    }
    double[] logits = IntStream.range(0, outputs.length).mapToDouble(c -> outputs[c]).toArray();
    return Math.exp(-network().cost().value(logits, predicted, 0, logits.length));
  }

  /**
   * Returns two ordinary examples, the least certain of the correct ones, and the most confident
   * mistake.
   */
  private List<Integer> telling(UnitStatistics examination) {
    List<Integer> telling =
        new ArrayList<>(IntStream.range(0, Math.min(2, examination.size())).boxed().toList());
    IntStream.range(telling.size(), examination.size())
        .filter(i -> examination.predicted(i) == examination.label(i))
        .filter(i -> leads(examination.scores(i), examination.label(i)))
        .boxed()
        .min(Comparator.comparingDouble(i -> score(examination, i)))
        .ifPresent(telling::add);
    worst(examination).stream()
        .filter(i -> !telling.contains(i))
        .findFirst()
        .ifPresent(telling::add);
    return telling;
  }

  /** Returns whether an output is above all others: of equal ones the first is the prediction. */
  private static boolean leads(float[] outputs, int label) {
    return IntStream.range(0, outputs.length)
        .allMatch(unit -> unit == label || outputs[unit] < outputs[label]);
  }

  private List<Integer> worst(UnitStatistics examination) {
    return IntStream.range(0, examination.size())
        .filter(i -> examination.predicted(i) != examination.label(i))
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -score(examination, i)))
        .limit(MISTAKES)
        .toList();
  }

  /** Returns a relaxer with the weights loaded. */
  private Relaxer relaxer() {
    Relaxer relaxer = configuration.spec().computableHere().newRelaxer();
    relaxer.load(weights);
    return relaxer;
  }

  private List<TestFindings.Trace> traces(List<TestFindings.Shown> examples) {
    List<TestFindings.Trace> traces = new ArrayList<>();
    try (Relaxer relaxer = relaxer()) {
      RelaxationTracer tracer =
          new RelaxationTracer(relaxer, configuration.spec().estimator().beta());
      for (TestFindings.Shown example : examples) {
        relaxer.clamp(plan.pick(storage, Split.TEST, example.index()), new int[] {0}, 0, 1);
        traces.add(tracer.trace(example, traces.size() < MAPPED));
      }
    }
    return traces;
  }

  /** Returns how the first examples settle; null if noise keeps them from settling. */
  private @Nullable Settling settling(int size) {
    if (configuration.spec().devices().stateNoise() > 0) {
      return null;
    }
    int count = Math.min(SETTLED, size);
    Examples images = plan.pick(storage, Split.TEST, IntStream.range(0, count).toArray());
    try (Relaxer relaxer = relaxer()) {
      return Settling.of(
          relaxer,
          images,
          count,
          configuration.evaluation().batch(),
          Settling.span(relaxer.relaxation()));
    }
  }

  private List<List<Integer>> confusion(UnitStatistics examination) {
    int classes = network().outputs();
    int[][] counts = new int[classes][classes];
    for (int i = 0; i < examination.size(); i++) {
      counts[examination.label(i)][examination.predicted(i)]++;
    }
    List<List<Integer>> confusion = new ArrayList<>();
    for (int[] row : counts) {
      confusion.add(IntStream.of(row).boxed().toList());
    }
    return confusion;
  }

  /** Returns how many products the convolutions take per example. */
  private long products() {
    long products = 0;
    for (Link link : network().links()) {
      if (link instanceof Convolution c) {
        long places = (long) c.convolvedHeight() * c.convolvedWidth();
        products += places * c.channels() * c.input().channels() * c.kernel() * c.kernel();
      }
    }
    return products;
  }

  /**
   * Checks the gradient of the untrained network, because the units of a trained one are at their
   * bounds, where the estimates of +β and −β differ. Returns nothing for a network whose phases do
   * not converge: it has no gradient to compare with.
   */
  private List<TestFindings.Check> checks(int size) {
    if (network().parameterCount() > CHECKABLE || products() > CHECKABLE || network().depth() > 2) {
      return List.of();
    }
    int count = Math.min(CHECKED, size);
    Examples images = plan.pick(storage, Split.TEST, IntStream.range(0, count).toArray());
    Weights initial =
        Weights.glorotUniform(network(), configuration.spec().hyperparameters().seed());
    try (Parameters parameters = Parameters.of(network(), DataType.DOUBLE, initial)) {
      return GradientCheck.of(parameters, images, configuration.spec().relaxation())
          .run(BETAS)
          .stream()
          .filter(row -> Double.isFinite(row.worst()))
          .map(row -> new TestFindings.Check(KeyValues.word(row.kind()), row.beta(), row.worst()))
          .toList();
    } catch (InputException e) {
      return Collections.emptyList();
    }
  }
}

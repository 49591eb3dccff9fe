package org.eqprop.report;

import java.io.PrintStream;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.eqprop.base.KeyValues;
import org.eqprop.base.SafeText;
import org.eqprop.config.AveragingSettings;
import org.eqprop.config.Engine;
import org.eqprop.config.OuterKind;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.Augmentation;
import org.eqprop.data.InputStatistics;
import org.eqprop.data.Normalisation;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.Centering;
import org.eqprop.learning.InputScaling;
import org.eqprop.learning.RateSchedule;
import org.eqprop.learning.UpdaterSettings;

/** The banner that a run prints before it starts: a row for each of its parts. */
public final class Banner {
  /** The columns of a row's name. */
  private static final int INDENT = 13;

  /** Values are not wrapped into fewer columns than these. */
  private static final int NARROWEST = 30;

  private final PrintStream out;
  private final int columns;
  private final RunConfiguration configuration;

  /**
   * @param out for lines
   * @param columns how many a line may fill
   * @param configuration with the number of replicas resolved
   */
  Banner(PrintStream out, int columns, RunConfiguration configuration) {
    this.out = out;
    this.columns = columns;
    this.configuration = configuration;
  }

  /**
   * Prints the banner.
   *
   * @param version of the program
   * @param examples numbers of training, validation and test examples
   * @param inputs statistics of the training examples
   * @param master where Spark runs
   * @param computing describes what the executors compute with
   * @param folder the run folder
   */
  void print(
      String version,
      List<Integer> examples,
      InputStatistics inputs,
      String master,
      String computing,
      String folder) {
    var spec = configuration.spec();
    out.printf("EqProp Spark %s%n", version);
    row(
        "network",
        "%s, %,d parameters",
        spec.network().description(),
        spec.network().parameterCount());
    row("phases", "%s", phases(spec.relaxation()));
    row(
        "estimator",
        "%s, β %s",
        KeyValues.word(spec.estimator().kind()),
        number(spec.estimator().beta()));
    row("learning", "%s", learning());
    Normalisation normalisation = spec.network().normalisation();
    if (!normalisation.isNone()) {
      row("inputs", "normalised by %s", normalisation);
    }
    String firstLayer = firstLayer(inputs.normalised(normalisation));
    if (!firstLayer.isEmpty()) {
      row("layer 1", "%s", firstLayer);
    }
    Augmentation augmentation = spec.hyperparameters().augmentation();
    if (!augmentation.isNone()) {
      row("images", "%s", augmentation);
    }
    if (configuration.initial().isModel()) {
      row("weights", "initially those of %s", configuration.initial().words());
    }
    row("data", "%,d training, %,d validation, %,d test examples", examples.toArray());
    row("replicas", "%s", replicas(master));
    row("backend", "%s: %s", spec.backend().resolved().name(), computing);
    if (!spec.devices().isNone()) {
      row("devices", "%s", spec.devices());
    }
    if (configuration.engine() == Engine.DL4J) {
      row("engine", "dl4j: DL4J's training on Spark");
    }
    row("run folder", "%s", folder);
    out.println();
  }

  private void row(String name, String format, Object... values) {
    String value = SafeText.line(String.format(Locale.ROOT, format, values));
    String before = name;
    for (String line : wrapped(value, Math.max(NARROWEST, columns - INDENT))) {
      out.printf("  %-" + (INDENT - 2) + "s%s%n", before, line);
      before = "";
    }
  }

  /** Breaks a text between words, into lines of at most a width where that is possible. */
  private static List<String> wrapped(String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      if (line.length() > 0 && line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.length() > 0 ? " " : "").append(word);
    }
    lines.add(line.toString());
    return lines;
  }

  /** Returns the phases in words, such as {@code even-odd, 5 free + 4 nudged sweeps}. */
  public static String phases(Relaxation relaxation) {
    boolean sweeps = relaxation.schedule() == Schedule.EVEN_ODD;
    return String.format(
        Locale.ROOT,
        "%s, %d free + %d nudged %s%s; the nudged phase starts %s%s",
        KeyValues.word(relaxation.schedule()),
        relaxation.freeSteps(),
        relaxation.nudgedSteps(),
        sweeps ? "sweeps" : "steps",
        sweeps ? "" : " of ε " + number(relaxation.epsilon()),
        relaxation.nudgedStart() == org.eqprop.dynamics.NudgedStart.FREE
            ? "at the free equilibrium"
            : "at zeros",
        relaxation.tolerance() > 0
            ? "; until no unit moves by more than " + number(relaxation.tolerance())
            : "");
  }

  private String learning() {
    var h = configuration.spec().hyperparameters();
    String rates = rates(h.learningRates());
    return String.format(
        Locale.ROOT,
        "%s%s, batches of %d, %sα %s%s, seed %d",
        SafeText.count(h.epochs(), "epoch"),
        h.batchesPerEpoch() > 0 ? " of " + batches(h.batchesPerEpoch()) : "",
        h.batch(),
        updater(h.updater()),
        rates,
        schedule(h.schedule()),
        h.seed());
  }

  /** Returns the rates; a single one if all are equal. */
  private static String rates(List<Double> rates) {
    return Set.copyOf(rates).size() == 1
        ? number(rates.get(0))
        : IntStream.rangeClosed(1, rates.size())
            .mapToObj(k -> number(rates.get(k - 1)) + " in layer " + k)
            .collect(Collectors.joining(", "));
  }

  private static String batches(int count) {
    return count == 1 ? "1 batch" : count + " batches";
  }

  private static String updater(UpdaterSettings updater) {
    if (updater.isPlain()) {
      return "";
    }
    double decay = updater.weightDecay();
    return KeyValues.word(updater.kind())
        + (decay > 0 ? " with weight decay " + number(decay) : "")
        + ", ";
  }

  private static String schedule(RateSchedule schedule) {
    String change =
        switch (schedule.kind()) {
          case CONSTANT -> "";
          case EXPONENTIAL ->
              schedule.decay() < 1 ? ", × " + number(schedule.decay()) + " per epoch" : "";
          case COSINE -> ", along a cosine to 0";
        };
    return schedule.warmUpEpochs() > 0
        ? change + " after " + SafeText.count(schedule.warmUpEpochs(), "epoch") + " of warm-up"
        : change;
  }

  /** Describes how the first layer learns, and why; empty if it learns as it does on MNIST. */
  private String firstLayer(InputStatistics inputs) {
    var h = configuration.spec().hyperparameters();
    boolean centered = h.centering() == Centering.MEAN;
    List<String> parts = new ArrayList<>();
    if (centered) {
      parts.add(
          String.format(
              Locale.ROOT,
              "relative to the mean image m (mean pixel %.2f, ‖m‖² %.0f; MNIST 0.13, 35)",
              inputs.meanPixel(),
              inputs.commonEnergy()));
    }
    if (h.rateScale() != 1) {
      parts.add(
          String.format(
              Locale.ROOT,
              "α × %s (mean %s %.0f; MNIST %.0f)",
              number(h.rateScale()),
              centered ? "‖x − m‖²" : "‖x‖²",
              InputScaling.energy(inputs, h.centering()),
              InputScaling.MNIST_ENERGY));
    }
    return String.join(", ", parts);
  }

  private String replicas(String master) {
    AveragingSettings averaging = configuration.averaging();
    String warmUp =
        averaging.warmUpEpochs() > 0
            ? times(averaging.warmUpRounds())
                + " per epoch for "
                + SafeText.count(averaging.warmUpEpochs(), "epoch")
                + ", then "
            : "";
    return averaging.replicas()
        + " on "
        + master
        + ", averaged "
        + warmUp
        + times(averaging.roundsPerEpoch())
        + " per epoch"
        + pace(averaging);
  }

  private static String times(int rounds) {
    return rounds == 1 ? "once" : rounds + " times";
  }

  private static String pace(AveragingSettings averaging) {
    String rates =
        averaging.rateFactor() != 1
            ? " with the replicas' α × " + number(averaging.rateFactor())
            : "";
    return averaging.outer() == OuterKind.AVERAGE
        ? rates
        : String.format(
            Locale.ROOT,
            "%s and the outer optimizer %s (η %s, μ %s)",
            rates,
            KeyValues.word(averaging.outer()),
            number(averaging.outerRate()),
            number(averaging.outerMomentum()));
  }

  private static String number(double value) {
    double size = Math.abs(value);
    return value == 0 || (size >= 1e-6 && size < 1e15)
        ? new BigDecimal(String.valueOf(value)).stripTrailingZeros().toPlainString()
        : String.valueOf(value);
  }
}

package org.eqprop.audit;

import java.util.List;
import java.util.Optional;
import org.eqprop.audit.AgreementCurve.Over;
import org.eqprop.audit.AgreementCurve.Phases;
import org.eqprop.audit.AgreementCurve.Reference;
import org.jspecify.annotations.Nullable;

/**
 * What an audit has found, as its file has it.
 *
 * @param version of the format
 * @param source which weights, in words
 * @param weights checksum of the weights; null if they are of no model
 * @param network in words
 * @param layers names of the parts that are layers, in their order
 * @param settings the run's
 * @param curves all comparisons
 * @param notes what could not be compared, and why
 */
public record AuditResult(
    int version,
    String source,
    @Nullable String weights,
    String network,
    List<String> layers,
    Settings settings,
    List<AgreementCurve> curves,
    List<String> notes) {
  /** Of the format. */
  public static final int VERSION = 1;

  /**
   * The run's own settings, and what was compared by.
   *
   * @param schedule as the configuration has it
   * @param estimator as the configuration has it
   * @param batches how many
   * @param examples of each batch
   */
  public record Settings(
      String schedule,
      double epsilon,
      int freeSteps,
      int nudgedSteps,
      String estimator,
      double beta,
      int batches,
      int examples) {
    /** What a file leaves out is null, and the file damaged. */
    public Settings {
      if (schedule.isEmpty() || estimator.isEmpty()) {
        throw new IllegalArgumentException("settings without a schedule or an estimator");
      }
    }

    /** Returns what steps are called: sweeps with the even-odd schedule. */
    public String steps() {
      return schedule.equals("even-odd") ? "sweeps" : "steps";
    }
  }

  /** What a file leaves out is null, and the file damaged. */
  public AuditResult {
    layers = List.copyOf(layers);
    curves = List.copyOf(curves);
    notes = List.copyOf(notes);
    if (source.isEmpty() || network.isEmpty() || settings.batches() < 1) {
      throw new IllegalArgumentException("an audit of nothing");
    }
  }

  /** Returns the curves over a setting with given phases and reference. */
  public List<AgreementCurve> curves(Over over, Phases phases, Reference reference) {
    return curves.stream()
        .filter(c -> c.over() == over && c.phases() == phases && c.reference() == reference)
        .toList();
  }

  /**
   * Returns how a part of the run's own estimate agrees with a reference; empty if it could not be
   * compared.
   *
   * @param part its name
   */
  public Optional<AgreementCurve.Series> atSettings(Reference reference, String part) {
    return curves(Over.SETTINGS, Phases.RUN, reference).stream()
        .flatMap(curve -> curve.parts().stream())
        .filter(series -> series.part().equals(part) && !series.cosine().isEmpty())
        .findFirst();
  }
}

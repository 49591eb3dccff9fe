package org.eqprop.audit;

import java.util.List;
import java.util.Optional;
import org.eqprop.audit.AgreementCurve.Over;
import org.eqprop.audit.AgreementCurve.Phases;
import org.eqprop.audit.AgreementCurve.Reference;
import org.jspecify.annotations.Nullable;

/**
 * The result of an audit, as stored in its file.
 *
 * @param version of the format
 * @param source describes the weights
 * @param weights checksum of the weights; null if they do not come from a model
 * @param network describes the network
 * @param layers names of the parts that are layers, in order
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
  /** The version of the format. */
  public static final int VERSION = 1;

  /**
   * The run's own settings, and the data of the comparison.
   *
   * @param schedule as in the configuration
   * @param estimator as in the configuration
   * @param batches number of batches
   * @param examples per batch
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
    /** Throws if a value is missing, which means that its file is damaged. */
    public Settings {
      if (schedule.isEmpty() || estimator.isEmpty()) {
        throw new IllegalArgumentException("settings without a schedule or an estimator");
      }
    }

    /** Returns the word for steps: sweeps with the even-odd schedule. */
    public String steps() {
      return schedule.equals("even-odd") ? "sweeps" : "steps";
    }
  }

  /** Throws if a value is missing, which means that its file is damaged. */
  public AuditResult {
    layers = List.copyOf(layers);
    curves = List.copyOf(curves);
    notes = List.copyOf(notes);
    if (source.isEmpty() || network.isEmpty() || settings.batches() < 1) {
      throw new IllegalArgumentException("an audit without a source, a network or a batch");
    }
  }

  /** Returns the curves over a setting, with these phases and this reference. */
  public List<AgreementCurve> curves(Over over, Phases phases, Reference reference) {
    return curves.stream()
        .filter(c -> c.over() == over && c.phases() == phases && c.reference() == reference)
        .toList();
  }

  /**
   * Returns the agreement of a part of the run's own estimate with a reference; empty if it could
   * not be compared.
   *
   * @param part the name of the part
   */
  public Optional<AgreementCurve.Series> atSettings(Reference reference, String part) {
    return curves(Over.SETTINGS, Phases.RUN, reference).stream()
        .flatMap(curve -> curve.parts().stream())
        .filter(series -> series.part().equals(part) && !series.cosine().isEmpty())
        .findFirst();
  }
}

package org.eqprop.audit;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * The agreement of an estimate with a reference over one setting.
 *
 * @param over the setting
 * @param phases how the phases ran
 * @param compared what is compared
 * @param reference what it is compared with
 * @param at values of the setting, ascending
 * @param parts parts of the gradient, each with one number per value of the setting
 */
public record AgreementCurve(
    Over over,
    Phases phases,
    Compared compared,
    Reference reference,
    List<Double> at,
    List<Series> parts) {

  /** The setting that varies along a curve. */
  public enum Over {
    /** No setting varies: one point, at the run's own β and steps. */
    @JsonProperty("settings")
    SETTINGS,
    /** |β|; its sign is the run's. */
    @JsonProperty("beta")
    BETA,
    /** Steps or sweeps of the free phase. */
    @JsonProperty("free-steps")
    FREE_STEPS,
    /** Steps or sweeps of each nudged phase, to see what it has collected step by step. */
    @JsonProperty("nudged-steps")
    NUDGED_STEPS
  }

  /** How the phases ran. */
  public enum Phases {
    /** With the run's numbers of steps, as training does. */
    @JsonProperty("run")
    RUN,
    /** Until they converged; over nudged steps, only the free phase converged. */
    @JsonProperty("converged")
    CONVERGED
  }

  /** The gradient that is compared. */
  public enum Compared {
    /** The one-sided estimate. */
    @JsonProperty("one-sided")
    ONE_SIDED,
    /** The random-sign estimate. */
    @JsonProperty("random-sign")
    RANDOM_SIGN,
    /** The centered estimate. */
    @JsonProperty("centered")
    CENTERED,
    /** Backpropagation through as many of the free phase's last moves as the nudged phase made. */
    @JsonProperty("truncated")
    TRUNCATED
  }

  /** The gradient that it is compared with. */
  public enum Reference {
    /** The implicit gradient at the free equilibrium. */
    @JsonProperty("exact")
    EXACT,
    /** Backpropagation through all steps of the free phase from zeros. */
    @JsonProperty("unrolled")
    UNROLLED,
    /** The same as {@link Compared#TRUNCATED}. */
    @JsonProperty("truncated")
    TRUNCATED
  }

  /**
   * The numbers of one part, each list as long as {@link AgreementCurve#at}; see {@link Agreement}.
   *
   * @param part the name of the part
   */
  public record Series(
      String part,
      List<BatchMean> cosine,
      List<BatchMean> relativeError,
      List<BatchMean> equalSigns,
      List<BatchMean> scale) {
    /** Throws if a value is missing, which means that its file is damaged. */
    public Series {
      cosine = List.copyOf(cosine);
      relativeError = List.copyOf(relativeError);
      equalSigns = List.copyOf(equalSigns);
      scale = List.copyOf(scale);
      if (part.isEmpty()) {
        throw new IllegalArgumentException("a part without a name");
      }
    }

    private boolean has(int count) {
      return cosine.size() == count
          && relativeError.size() == count
          && equalSigns.size() == count
          && scale.size() == count;
    }
  }

  /**
   * @throws IllegalArgumentException if a part does not have one number per value
   */
  public AgreementCurve {
    at = List.copyOf(at);
    parts = List.copyOf(parts);
    int count = at.size();
    if (!parts.stream().allMatch(series -> series.has(count))) {
      throw new IllegalArgumentException(
          "each part of a curve of " + count + " values needs as many numbers");
    }
  }
}

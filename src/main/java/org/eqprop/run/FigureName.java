package org.eqprop.run;

import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The figures that a run's report saves as files, which are named after them. */
public enum FigureName {
  ERROR,
  COST,
  ENERGY,
  RELAXATION_ENERGY,
  RELAXATION_RESIDUAL,
  SETTLING,
  FEWER_STEPS,
  /** One per traced example: outputs-1, outputs-2, … */
  OUTPUTS,
  /** One per example with feature maps and per layer with channels: maps-1-1, maps-1-2, … */
  MAPS,
  SAMPLES,
  MISTAKES,
  CONFUSION,
  GRADIENT,
  TIME,
  SPEED,
  SPREAD,
  WEIGHTS_TILES,
  WEIGHTS_CORNER,
  /** One per convolution: filters-1, filters-2, … */
  FILTERS,
  /** The figures of a gradient audit: audit-beta, … */
  AUDIT;

  /** Matches the names of all these files. */
  static final Pattern FILES =
      Pattern.compile(
          Arrays.stream(values()).map(FigureName::files).collect(Collectors.joining("|")));

  private String files() {
    return switch (this) {
      case OUTPUTS -> id() + "-\\d+\\.svg";
      case MAPS -> id() + "-\\d+-\\d+\\.png";
      case FILTERS -> id() + "-\\d+\\.png";
      case AUDIT -> id() + "-[a-z-]+\\.svg";
      case WEIGHTS_TILES, WEIGHTS_CORNER -> id() + "\\.png"; // made of pixels
      default -> id() + "\\.svg";
    };
  }

  /**
   * Returns the name of the file without its extension, which the page also uses for the figure.
   */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

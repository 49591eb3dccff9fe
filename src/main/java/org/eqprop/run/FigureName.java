package org.eqprop.run;

import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The figures that a run's report keeps as files, by which the files are called. */
public enum FigureName {
  ERROR,
  COST,
  ENERGY,
  RELAXATION_ENERGY,
  RELAXATION_RESIDUAL,
  SETTLING,
  FEWER_STEPS,
  /** One for each example that is watched: outputs-1, outputs-2, … */
  OUTPUTS,
  /** One for each example that is mapped and each layer with channels: maps-1-1, maps-1-2, … */
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
  /** One for each convolution: filters-1, filters-2, … */
  FILTERS,
  /** Of an audit of the gradient: audit-beta, … */
  AUDIT;

  /** The names of all their files. */
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

  /** Returns the name of the file without its ending, by which the page calls the figure, too. */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

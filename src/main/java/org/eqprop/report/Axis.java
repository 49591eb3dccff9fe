package org.eqprop.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** An axis of a chart: maps values to positions and chooses the ticks. */
final class Axis {
  private static final int TICKS = 6;
  private static final int MOST = 30;
  private static final double[] STEPS = {1, 2, 5, 10};

  private final double low;
  private final double high;
  private final boolean log;
  private final List<Double> ticks;
  private final double step;
  private final List<String> names;

  private Axis(double low, double high, boolean log, List<Double> ticks, double step) {
    this(low, high, log, ticks, step, List.of());
  }

  private Axis(
      double low, double high, boolean log, List<Double> ticks, double step, List<String> names) {
    this.low = low;
    this.high = high;
    this.log = log;
    this.ticks = List.copyOf(ticks);
    this.step = step;
    this.names = List.copyOf(names);
  }

  /** Returns an axis of names, the first at 0, the second at 1, …, with room at both ends. */
  static Axis named(List<String> names) {
    return new Axis(
        -0.5,
        names.size() - 0.5,
        false,
        IntStream.range(0, names.size()).mapToObj(i -> (double) i).toList(),
        1,
        names);
  }

  /**
   * Returns an axis of round numbers.
   *
   * @param tight whether the axis ends at the outermost values instead of at ticks
   */
  static Axis linear(double least, double most, boolean tight) {
    double size = Math.max(Math.abs(least), Math.abs(most));
    double margin = most - least > 1e-9 * size ? 0 : Math.max(0.1 * size, 0.5);
    double from = least - margin;
    double to = most + margin;
    double step = step((to - from) / TICKS);
    if (tight && step < 1 && least == Math.rint(least) && most == Math.rint(most)) {
      step = 1; // epochs and steps are integers
    }
    double low = tight ? from : Math.floor(from / step) * step;
    double high = tight ? to : Math.ceil(to / step) * step;
    List<Double> ticks = new ArrayList<>();
    double first = Math.ceil(low / step - 1e-9);
    for (int i = 0; i < MOST && (first + i) * step <= high + 1e-9 * step; i++) {
      ticks.add((first + i) * step);
    }
    return new Axis(low, high, false, ticks, step);
  }

  private static double step(double least) {
    double magnitude = Math.pow(10, Math.floor(Math.log10(least)));
    for (double factor : STEPS) {
      if (factor * magnitude >= least * (1 - 1e-9)) {
        return factor * magnitude;
      }
    }
    return 10 * magnitude;
  }

  /** Returns a logarithmic axis; both ends must be above 0. */
  static Axis logarithmic(double least, double most) {
    double low = mark(least, false);
    double high = mark(most > least ? most : 1.5 * least, true);
    List<Double> all = new ArrayList<>();
    List<Double> decades = new ArrayList<>();
    for (int e = exponent(low); e <= exponent(high) + 1; e++) {
      for (double factor : new double[] {1, 2, 5}) {
        double tick = factor * Math.pow(10, e);
        if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) {
          all.add(tick);
          if (factor == 1) {
            decades.add(tick);
          }
        }
      }
    }
    return new Axis(low, high, true, all.size() <= 10 ? all : thinned(decades), 0);
  }

  private static List<Double> thinned(List<Double> decades) {
    int every = (decades.size() + 7) / 8;
    List<Double> thinned = new ArrayList<>();
    for (int i = 0; i < decades.size(); i += every) {
      thinned.add(decades.get(i));
    }
    return thinned;
  }

  private static int exponent(double value) {
    return (int) Math.floor(Math.log10(value) + 1e-9);
  }

  /** Returns the nearest of 1, 2, 5, 10, … at or below a value, or at or above it. */
  private static double mark(double value, boolean above) {
    double magnitude = Math.pow(10, exponent(value));
    double mark = magnitude;
    for (double factor : STEPS) {
      double candidate = factor * magnitude;
      if (above && candidate >= value * (1 - 1e-9)) {
        return candidate;
      }
      if (!above && candidate <= value * (1 + 1e-9)) {
        mark = candidate;
      }
    }
    return mark;
  }

  /** Returns the position of a value: 0 at the low end, 1 at the high end. */
  double at(double value) {
    return log
        ? (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low))
        : (value - low) / (high - low);
  }

  /** Returns the values of the ticks. */
  List<Double> ticks() {
    return ticks;
  }

  /** Returns the names on the axis; empty for an axis of numbers. */
  List<String> names() {
    return names;
  }

  /** Returns the label of a tick. */
  String label(double tick) {
    if (!names.isEmpty()) {
      return names.get((int) Math.rint(tick));
    }
    double size = Math.abs(tick);
    int digits = log ? Math.max(0, -exponent(size)) : Math.max(0, -exponent(step));
    if (digits > 4 || size >= 1e7 || (log && (size >= 1e4 || size < 1e-3))) {
      return tick == 0
          ? "0"
          : String.format(Locale.ROOT, "%.1e", tick)
              .replace(".0e", "e")
              .replace("e-0", "e-")
              .replace("e+0", "e")
              .replace("e+", "e");
    }
    return String.format(Locale.ROOT, "%,." + digits + "f", tick == 0 ? 0.0 : tick);
  }
}

package org.eqprop.backend.cuda;

import java.nio.ByteBuffer;
import java.util.List;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.LayerRule;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;

/**
 * One operation of the kernel in {@code relax.cu}: the fields of its {@code Op}, in order. Each
 * kind of operation has a factory method. The batch consists of B examples, starting at {@code row}
 * of x.
 *
 * @param code which operation
 * @param batch B
 * @param row of x at which the batch starts
 * @param count the number of equilibria, or of nudged phases
 * @param first an equilibrium's number
 * @param second another equilibrium's number
 * @param steps the number of steps, or of free steps
 * @param nudgedSteps the number of steps of nudged phases
 * @param slot where the result goes
 * @param option depends on the operation
 * @param tolerance a phase ends when no unit moves by more; 0: never
 * @param coefficients the index of the update's first coefficient
 * @param hidden the rule of hidden layers
 * @param outputs the rules of the output layer, at most three
 */
record CudaOp(
    int code,
    int batch,
    int row,
    int count,
    int first,
    int second,
    int steps,
    int nudgedSteps,
    int slot,
    int option,
    float tolerance,
    int coefficients,
    LayerRule hidden,
    List<LayerRule> outputs) {
  static final int DRIVE = 0;
  static final int START = 1;
  static final int RELAX = 2;
  static final int MEASURE = 3;
  static final int LEARN = 4;
  static final int PHASES = 5;
  static final int CLEAR = 6;

  /** The size of an operation in the kernel's memory. */
  static final int BYTES = (12 + 3 + 9) * Integer.BYTES;

  private static final LayerRule NONE = new LayerRule(0, 0, 0);

  /** Returns the number of an equilibrium's states in the kernel's {@code Layer}. */
  static int number(Equilibrium equilibrium) {
    return switch (equilibrium) {
      case FREE -> 0;
      case NUDGED -> 1;
      case COUNTER_NUDGED -> 2;
    };
  }

  /** Returns the operation that computes a batch's drive of the first layer, A_1(x) + b_1. */
  static CudaOp drive(int batch, int row) {
    return new Builder(DRIVE, batch, row).build();
  }

  /**
   * Returns the operation that starts a phase: states ← other states, or zeros.
   *
   * @param into the {@link #number} of the equilibrium to set
   * @param from the number of the one to copy; −1: zeros
   */
  static CudaOp start(int batch, int into, int from) {
    return new Builder(START, batch, 0).equilibria(into, from).build();
  }

  /**
   * Returns the operation that runs one phase, or two side by side.
   *
   * @param into the equilibrium that the first phase sets; the second phase sets the one after it
   * @param steps the maximum number of steps
   * @param tolerance a phase ends when no unit moves by more; 0: never
   * @param outputs the rule of the output layer for each phase: one or two
   */
  static CudaOp relax(
      int batch,
      int row,
      Equilibrium into,
      int steps,
      double tolerance,
      LayerRule hidden,
      List<LayerRule> outputs) {
    return new Builder(RELAX, batch, row)
        .count(outputs.size())
        .equilibria(number(into), number(into) + 1)
        .steps(steps, 0)
        .tolerance((float) tolerance)
        .rules(hidden, outputs)
        .build();
  }

  /**
   * Returns the operation that measures a batch.
   *
   * @param slot the row of its first example among the results
   */
  static CudaOp measure(int batch, int row, Equilibrium at, int slot) {
    return new Builder(MEASURE, batch, row).equilibria(number(at), 0).slot(slot).build();
  }

  /**
   * Returns the operation that updates parameters by the contrast of two equilibria.
   *
   * @param coefficients the index at which those of W_1, b_1, W_2, … start
   * @param contrast whether the contrast's parameters change instead of the network's
   */
  static CudaOp learn(
      int batch, int row, Equilibrium plus, Equilibrium minus, int coefficients, boolean contrast) {
    return new Builder(LEARN, batch, row)
        .equilibria(number(plus), number(minus))
        .option(contrast)
        .coefficients(coefficients)
        .build();
  }

  /**
   * Returns the operation that runs the free phase of a batch, measures it and runs the nudged
   * phases, with one example per block; the results go to the rows of the examples.
   *
   * @param relaxation the steps, and where nudged phases start
   * @param centered whether there are two nudged phases instead of one
   * @param outputs the rules of the output layer: free, nudged, counter-nudged
   */
  static CudaOp phases(
      int batch,
      int row,
      Relaxation relaxation,
      boolean centered,
      LayerRule hidden,
      List<LayerRule> outputs) {
    return new Builder(PHASES, batch, row)
        .count(centered ? 2 : 1)
        .steps(relaxation.freeSteps(), relaxation.nudgedSteps())
        .slot(row)
        .option(relaxation.nudgedStart() == NudgedStart.ZEROS)
        .rules(hidden, outputs)
        .build();
  }

  /** Returns the operation that sets the contrast's parameters to zero. */
  static CudaOp clear() {
    return new Builder(CLEAR, 0, 0).build();
  }

  /** Builds an operation; fields that are not set are zero. */
  private static final class Builder {
    private final int code;
    private final int batch;
    private final int row;
    private int count;
    private int first;
    private int second;
    private int steps;
    private int nudgedSteps;
    private int slot;
    private int option;
    private float tolerance;
    private int coefficients;
    private LayerRule hidden = NONE;
    private List<LayerRule> outputs = List.of();

    Builder(int code, int batch, int row) {
      this.code = code;
      this.batch = batch;
      this.row = row;
    }

    Builder count(int value) {
      count = value;
      return this;
    }

    Builder equilibria(int one, int other) {
      first = one;
      second = other;
      return this;
    }

    Builder steps(int atMost, int ofNudgedPhases) {
      steps = atMost;
      nudgedSteps = ofNudgedPhases;
      return this;
    }

    Builder slot(int value) {
      slot = value;
      return this;
    }

    Builder option(boolean value) {
      option = value ? 1 : 0;
      return this;
    }

    Builder tolerance(float value) {
      tolerance = value;
      return this;
    }

    Builder coefficients(int begin) {
      coefficients = begin;
      return this;
    }

    Builder rules(LayerRule ofHidden, List<LayerRule> ofOutputs) {
      hidden = ofHidden;
      outputs = ofOutputs;
      return this;
    }

    CudaOp build() {
      return new CudaOp(
          code,
          batch,
          row,
          count,
          first,
          second,
          steps,
          nudgedSteps,
          slot,
          option,
          tolerance,
          coefficients,
          hidden,
          outputs);
    }
  }

  /** Appends the fields, {@link #BYTES} bytes, as the kernel reads them. */
  void put(ByteBuffer target) {
    for (int value :
        new int[] {code, batch, row, count, first, second, steps, nudgedSteps, slot, option}) {
      target.putInt(value);
    }
    target.putFloat(tolerance).putInt(coefficients);
    put(hidden, target);
    for (int i = 0; i < 3; i++) {
      put(i < outputs.size() ? outputs.get(i) : NONE, target);
    }
  }

  private static void put(LayerRule rule, ByteBuffer target) {
    target
        .putFloat((float) rule.keep())
        .putFloat((float) rule.gain())
        .putFloat((float) (2 * rule.pull())); // the kernel multiplies by y, the force is 2y
  }
}

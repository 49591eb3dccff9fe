package org.eqprop.backend.cuda;

import java.nio.ByteBuffer;
import java.util.List;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.LayerRule;

/**
 * One operation of {@code relax.cu}'s kernel: the fields of its {@code Op}, in their order.
 *
 * @param code which operation
 * @param batch B
 * @param row of x, where the batch begins
 * @param count how many equilibria, or nudged phases
 * @param first an equilibrium's number
 * @param second another's
 * @param steps steps, or free steps
 * @param nudgedSteps steps of nudged phases
 * @param slot where the result goes
 * @param option what the operation makes of it
 * @param tolerance a phase ends when no unit moves by more; 0: never
 * @param coefficients where those of the update begin
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

  /** The size of one in the kernel's memory. */
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

  static CudaOp drive(int batch, int row) {
    return new CudaOp(DRIVE, batch, row, 0, 0, 0, 0, 0, 0, 0, 0, 0, NONE, List.of());
  }

  /**
   * @param from −1: zeros
   */
  static CudaOp start(int batch, int into, int from) {
    return new CudaOp(START, batch, 0, 0, into, from, 0, 0, 0, 0, 0, 0, NONE, List.of());
  }

  static CudaOp measure(int batch, int row, int at, int slot) {
    return new CudaOp(MEASURE, batch, row, 0, at, 0, 0, 0, slot, 0, 0, 0, NONE, List.of());
  }

  /**
   * @param contrast whether the contrast's parameters change, and not the network's
   */
  static CudaOp learn(int batch, int row, int plus, int minus, int coefficients, boolean contrast) {
    return new CudaOp(
        LEARN,
        batch,
        row,
        0,
        plus,
        minus,
        0,
        0,
        0,
        contrast ? 1 : 0,
        0,
        coefficients,
        NONE,
        List.of());
  }

  static CudaOp clear() {
    return new CudaOp(CLEAR, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NONE, List.of());
  }

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
        .putFloat((float) (2 * rule.pull())); // the kernel knows y, and the force is 2y
  }
}

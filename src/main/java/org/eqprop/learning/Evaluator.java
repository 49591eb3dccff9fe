package org.eqprop.learning;

import java.util.stream.IntStream;
import org.eqprop.data.Examples;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;

/** Measures a network on a set of images at the free equilibrium. */
public final class Evaluator {
  private final Relaxer relaxer;
  private final int batch;

  /**
   * @param relaxer holds the parameters; its states are modified
   * @param batch number of images relaxed at a time, ≥ 1; does not affect the measurement
   */
  public Evaluator(Relaxer relaxer, int batch) {
    this.relaxer = relaxer;
    this.batch = batch;
  }

  /** Called per batch while the relaxer holds the batch. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * @param from index of the batch's first image
     * @param to one past its last
     */
    void visit(int from, int to);
  }

  /**
   * Returns energy, cost, errors and activity summed over the images.
   *
   * @param images not modified
   */
  public Measurement measure(Examples images) {
    return measure(images, images.size());
  }

  /**
   * Returns the same sums over the first {@code count} images.
   *
   * @param images not modified
   * @param count how many, at most {@code images.size()}
   */
  public Measurement measure(Examples images, int count) {
    Measurement[] total = {Measurement.none(relaxer.network().depth())};
    visit(images, count, (from, to) -> total[0] = total[0].plus(relaxer.measure(Equilibrium.FREE)));
    return total[0];
  }

  /**
   * Relaxes the first images batch by batch, in order.
   *
   * @param images not modified
   * @param count how many
   * @param visitor called after each batch's free phase
   */
  public void visit(Examples images, int count, Visitor visitor) {
    clampEach(
        images,
        count,
        (from, to) -> {
          relaxer.relaxFree();
          visitor.visit(from, to);
        });
  }

  /**
   * Clamps the first images batch by batch, in order.
   *
   * @param images not modified
   * @param count how many
   * @param visitor called when a batch is clamped, before any phase
   */
  public void clampEach(Examples images, int count, Visitor visitor) {
    int[] order = IntStream.range(0, count).toArray();
    for (int from = 0; from < count; from += batch) {
      int to = Math.min(from + batch, count);
      relaxer.clamp(images, order, from, to);
      visitor.visit(from, to);
    }
  }
}

package org.eqprop.learning;

import java.math.BigDecimal;
import java.math.MathContext;
import org.eqprop.data.InputStatistics;

/**
 * Chooses centering and rate scale of the first layer for the training images (ADR 11). The presets
 * were tuned on MNIST, with a scale of 1 and {@link Centering#NONE}.
 */
public final class InputScaling {
  /** Mean ‖x‖² of MNIST's training images. */
  public static final double MNIST_ENERGY = 87.8;

  /** Images have much in common above this ‖m‖². MNIST's is 35, up to 41 for 1000 of its images. */
  private static final double COMMON = MNIST_ENERGY / 2;

  /**
   * Ratios above this count as 1: the energy of MNIST's subsets is within a few per cent of its
   * own.
   */
  private static final double CLOSE = 0.9;

  private static final MathContext TWO_DIGITS = new MathContext(2);

  private InputScaling() {}

  /**
   * Returns the center that the first layer should learn relative to: the mean image m if the
   * images have much in common, ‖m‖² &gt; 43.9, otherwise none.
   */
  public static Centering centering(InputStatistics data) {
    return data.commonEnergy() > COMMON ? Centering.MEAN : Centering.NONE;
  }

  /** Returns the mean of ‖x‖² over the images, or of ‖x − m‖² if m is subtracted. */
  public static double energy(InputStatistics data, Centering centering) {
    return centering == Centering.MEAN ? data.energy() - data.commonEnergy() : data.energy();
  }

  /**
   * Returns the factor of α_1: MNIST's mean ‖x‖² divided by the data's {@link #energy}, to two
   * digits, or 1 if that is above 0.9. Rates are never raised: training on sparse data works as
   * well with the rates for MNIST, and collapses with much higher ones.
   */
  public static double rateScale(InputStatistics data, Centering centering) {
    double energy = energy(data, centering);
    if (energy * CLOSE <= MNIST_ENERGY) {
      return 1;
    }
    return new BigDecimal(MNIST_ENERGY / energy).round(TWO_DIGITS).doubleValue();
  }
}

package org.eqprop.learning;

import java.math.BigDecimal;
import java.math.MathContext;
import org.eqprop.data.InputStatistics;

/**
 * How the first layer is to learn from the training images at hand (ADR 11). The presets were tuned
 * on MNIST, with 1 and {@link Centering#NONE}.
 */
public final class InputScaling {
  /** Mean ‖x‖² of MNIST's training images. */
  public static final double MNIST_ENERGY = 87.8;

  /** MNIST's own ‖m‖² is 35, and up to 41 for a thousand of its images. */
  private static final double COMMON = MNIST_ENERGY / 2;

  /** Parts of MNIST are within a few per cent of its energy. */
  private static final double CLOSE = 0.9;

  private static final MathContext TWO_DIGITS = new MathContext(2);

  private InputScaling() {}

  /**
   * Returns what the first layer should learn relative to: the mean image m if images have much in
   * common, ‖m‖² &gt; 43.9, and otherwise nothing.
   */
  public static Centering centering(InputStatistics data) {
    return data.commonEnergy() > COMMON ? Centering.MEAN : Centering.NONE;
  }

  /** Returns the mean over the images of ‖x‖², or ‖x − m‖² where m is subtracted. */
  public static double energy(InputStatistics data, Centering centering) {
    return centering == Centering.MEAN ? data.energy() - data.commonEnergy() : data.energy();
  }

  /**
   * Returns the factor on α_1: MNIST's mean ‖x‖² over the data's {@link #energy}, to two digits,
   * and 1 where that is above 0.9. A rate is never raised: sparse data learn as well with the rates
   * for MNIST, and collapse with much higher ones.
   */
  public static double rateScale(InputStatistics data, Centering centering) {
    double energy = energy(data, centering);
    if (energy * CLOSE <= MNIST_ENERGY) {
      return 1;
    }
    return new BigDecimal(MNIST_ENERGY / energy).round(TWO_DIGITS).doubleValue();
  }
}

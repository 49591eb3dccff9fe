package org.eqprop.data;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;
import org.eqprop.base.SafeText;

/**
 * Settings of the random changes to training images, which differ in every epoch: images are turned
 * and zoomed around their middle, shifted, then mirrored. Positions beyond the border repeat the
 * border's pixel, so that dark and light backgrounds both continue. A network's {@link
 * Normalisation} is applied afterwards.
 *
 * @param crop largest shift in each direction, in pixels; all (2·crop + 1)² shifts are equally
 *     likely; ≥ 0
 * @param flip whether half of the images, on average, are mirrored left to right
 * @param rotate largest angle in each direction, in degrees; uniformly distributed; in [0, 180]
 * @param zoom largest fraction by which images grow or shrink; uniformly distributed; in [0, 0.5]
 */
public record Augmentation(int crop, boolean flip, double rotate, double zoom)
    implements Serializable {
  /** The key of {@link #crop}. */
  public static final String CROP_KEY = "training.augmentation.crop";

  /** The key of {@link #flip}. */
  public static final String FLIP_KEY = "training.augmentation.flip";

  /** The key of {@link #rotate}. */
  public static final String ROTATE_KEY = "training.augmentation.rotate";

  /** The key of {@link #zoom}. */
  public static final String ZOOM_KEY = "training.augmentation.zoom";

  /** Leaves images unchanged. */
  public static final Augmentation NONE = new Augmentation(0, false, 0, 0);

  private static final long serialVersionUID = 1L;

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public Augmentation {
    InvalidValueException.check(
        crop >= 0 && crop <= 1000, CROP_KEY, crop, "a whole number from 0 to 1000");
    InvalidValueException.check(
        rotate >= 0 && rotate <= 180, ROTATE_KEY, rotate, "degrees, a number from 0 to 180");
    InvalidValueException.check(zoom >= 0 && zoom <= 0.5, ZOOM_KEY, zoom, "a number from 0 to 0.5");
  }

  /**
   * Reads the keys below {@code training.augmentation}.
   *
   * @throws InvalidValueException if a value is of the wrong type or out of its range
   */
  public static Augmentation of(KeyValues values) {
    return new Augmentation(
        values.whole(CROP_KEY),
        values.flag(FLIP_KEY),
        values.number(ROTATE_KEY),
        values.number(ZOOM_KEY));
  }

  /** Returns a description of the changes. */
  @Override
  public String toString() {
    List<String> changes = new ArrayList<>();
    if (rotate > 0) {
      changes.add(String.format(Locale.ROOT, "turned by up to %.3g°", rotate));
    }
    if (zoom > 0) {
      changes.add(String.format(Locale.ROOT, "zoomed by up to %.3g %%", 100 * zoom));
    }
    if (crop > 0) {
      changes.add("shifted by up to " + SafeText.count(crop, "pixel"));
    }
    if (flip) {
      changes.add("mirrored");
    }
    return isNone() ? "unchanged" : "randomly " + String.join(", ", changes);
  }

  /** Returns whether images remain unchanged. */
  public boolean isNone() {
    return crop == 0 && !flip && !isTurned();
  }

  /** Returns whether pixels are interpolated between the original ones. */
  boolean isTurned() {
    return rotate > 0 || zoom > 0;
  }

  /**
   * Checks that the examples are images that can be augmented.
   *
   * @param shape of an example
   * @throws InvalidValueException if they are not images, or not larger than the largest shift
   */
  public void requireFor(Shape shape) {
    boolean image = shape.height() > 1;
    String need =
        "only images can be augmented: set network.input to [height, width] or [channels, height,"
            + " width]";
    InvalidValueException.check(image || crop == 0, CROP_KEY, crop, "0; " + need);
    InvalidValueException.check(image || !flip, FLIP_KEY, flip, "false; " + need);
    InvalidValueException.check(image || rotate == 0, ROTATE_KEY, rotate, "0; " + need);
    InvalidValueException.check(image || zoom == 0, ZOOM_KEY, zoom, "0; " + need);
    int side = Math.min(shape.height(), shape.width());
    InvalidValueException.check(
        isNone() || crop < side, CROP_KEY, crop, "less than the sides of an image of " + shape);
  }

  /**
   * Returns examples as an epoch of the training sees them. They do not depend on the order of
   * access or on the machine.
   *
   * @param examples of a partition; not modified
   * @param seed the run's seed
   * @param epoch from 0
   * @param partition from 0
   */
  public Examples applied(Examples examples, long seed, int epoch, int partition) {
    return isNone() ? examples : new AugmentedExamples(examples, this, seed, epoch, partition);
  }
}

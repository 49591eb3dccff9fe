package org.eqprop.data;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.eqprop.base.RandomStream;

/** Images that are shifted and mirrored when they are copied, each by its own random numbers. */
final class AugmentedExamples implements Examples {
  private static final long serialVersionUID = 1L;

  private final Examples examples;
  private final Augmentation augmentation;
  private final long seed;
  private final int epoch;
  private final int partition;

  AugmentedExamples(
      Examples examples, Augmentation augmentation, long seed, int epoch, int partition) {
    this.examples = examples;
    this.augmentation = augmentation;
    this.seed = seed;
    this.epoch = epoch;
    this.partition = partition;
  }

  @Override
  public Shape shape() {
    return examples.shape();
  }

  @Override
  public int size() {
    return examples.size();
  }

  @Override
  public int label(int i) {
    return examples.label(i);
  }

  @Override
  public void copyTo(int i, float[] target, int at) {
    float[] image = examples.values(i);
    SplittableRandom random = RandomStream.AUGMENT.of(seed, epoch, partition, i);
    int crop = augmentation.crop();
    int down = random.nextInt(2 * crop + 1) - crop;
    int right = random.nextInt(2 * crop + 1) - crop;
    boolean mirrored = augmentation.flip() && random.nextBoolean();
    int height = shape().height();
    int width = shape().width();
    int to = at;
    for (int c = 0; c < shape().channels(); c++) {
      for (int y = 0; y < height; y++) {
        int row = y + down;
        for (int x = 0; x < width; x++) {
          int column = (mirrored ? width - 1 - x : x) + right;
          boolean inside = row >= 0 && row < height && column >= 0 && column < width;
          target[to++] = inside ? image[(c * height + row) * width + column] : 0;
        }
      }
    }
  }

  @Override
  public FloatExamples pick(int... indices) {
    return FloatExamples.copied(this, indices);
  }

  @Override
  public InputStatistics statistics() {
    return pick(IntStream.range(0, size()).toArray()).statistics();
  }
}

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
  public boolean isWeighted() {
    return examples.isWeighted();
  }

  @Override
  public float weight(int i) {
    return examples.weight(i);
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
        int row = within(y + down, height);
        for (int x = 0; x < width; x++) {
          int column = within((mirrored ? width - 1 - x : x) + right, width);
          target[to++] = image[(c * height + row) * width + column];
        }
      }
    }
  }

  private static int within(int place, int size) {
    return Math.max(0, Math.min(size - 1, place));
  }

  @Override
  public Examples pick(int... indices) {
    Examples picked = FloatExamples.copied(this, indices);
    return isWeighted() ? WeightedExamples.picked(this, picked, indices) : picked;
  }

  @Override
  public InputStatistics statistics() {
    return pick(IntStream.range(0, size()).toArray()).statistics();
  }
}

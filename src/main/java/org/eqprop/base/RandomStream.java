package org.eqprop.base;

import java.util.SplittableRandom;

/**
 * Independent random streams. Each use of randomness has its own stream, identified by its purpose
 * and its coordinates (epoch, partition, batch), so that no number depends on the order of
 * execution, on retries or on the cluster.
 */
public enum RandomStream {
  /** Initial weights. */
  WEIGHTS(1),
  /** Order of the examples in a partition's epoch. */
  SHUFFLE(2),
  /** Sign of β for a batch. */
  SIGN(3),
  /** Values of a random search. */
  SAMPLE(4),
  /** How a training image is shifted and mirrored in an epoch. */
  AUGMENT(5),
  /** Noise on the states of a phase. */
  STATE_NOISE(6),
  /** Noise on the weights that a phase reads. */
  READ_NOISE(7),
  /** How a synapse permanently differs from its nominal behaviour. */
  MISMATCH(8),
  /** Noise on an update. */
  UPDATE_NOISE(9),
  /** The direction in which weights are rounded to a level. */
  ROUNDING(10),
  /** How weights drift between two epochs. */
  DRIFT(11);

  private final long salt;

  RandomStream(long salt) {
    this.salt = salt * 0x9E3779B97F4A7C15L;
  }

  /**
   * Returns the stream for a seed and the coordinates of its use. Seed and coordinates are mixed,
   * not just added: (seed 1, epoch 2) and (seed 2, epoch 1) have nothing in common.
   *
   * @param seed the run's seed
   * @param coordinates such as epoch, partition, batch
   */
  public SplittableRandom of(long seed, long... coordinates) {
    long state = mix(seed + salt);
    for (long coordinate : coordinates) {
      state = mix(state ^ mix(coordinate + 0xD1B54A32D192ED03L));
    }
    return new SplittableRandom(state);
  }

  /** Stafford's variant 13 of the 64-bit finaliser of MurmurHash3. */
  private static long mix(long z) {
    long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
    return b ^ (b >>> 31);
  }

  /** Returns a uniformly random permutation of 0 … n−1 (Fisher–Yates). */
  public static int[] permutation(int n, SplittableRandom random) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}

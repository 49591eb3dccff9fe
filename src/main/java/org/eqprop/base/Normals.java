package org.eqprop.base;

import java.util.SplittableRandom;

/**
 * Generates standard normal numbers ξ, fast enough for one per weight and batch, by the method of
 * Box and Muller on a grid of 2^12 radii and 2^12 angles:
 *
 * <pre>
 *   ξ = r cos φ,  ξ' = r sin φ,   r² = −2 ln((i + ½)/2^12),  φ = 2π (j + ½)/2^12
 * </pre>
 *
 * <p>where i and j are uniform. 24 random bits give two numbers. Their mean is 0 and their variance
 * 1 (for which r is scaled by 1 + 4·10⁻⁵), and none exceeds 4.25 in magnitude. The same stream
 * gives the same numbers on every machine.
 */
public final class Normals {
  private static final int BITS = 12;
  private static final int COUNT = 1 << BITS;
  private static final int MASK = COUNT - 1;

  /** Added to the index of cos φ, gives that of sin φ. */
  private static final int QUARTER = 3 * COUNT / 4;

  private static final float[] RADIUS = radii();
  private static final float[] COSINE = cosines();

  private final SplittableRandom random;

  /**
   * @param random source of the random bits
   */
  public Normals(SplittableRandom random) {
    this.random = random;
  }

  private static float[] radii() {
    double[] squares = new double[COUNT];
    double sum = 0;
    for (int i = 0; i < COUNT; i++) {
      squares[i] = -2 * StrictMath.log((i + 0.5) / COUNT);
      sum += squares[i];
    }
    float[] radii = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      radii[i] = (float) Math.sqrt(squares[i] * (2.0 * COUNT / sum));
    }
    return radii;
  }

  private static float[] cosines() {
    float[] cosines = new float[COUNT];
    for (int j = 0; j < COUNT; j++) {
      cosines[j] = (float) StrictMath.cos(2 * Math.PI * (j + 0.5) / COUNT);
    }
    return cosines;
  }

  /**
   * target ← target + factor·ξ, a new ξ for each element.
   *
   * @param target elements {@code from} … {@code to−1} are modified
   */
  public void add(float[] target, int from, int to, float factor) {
    int i = from;
    for (; i + 4 <= to; i += 4) {
      long bits = random.nextLong();
      int angle = (int) (bits >>> BITS) & MASK;
      float r = factor * RADIUS[(int) bits & MASK];
      target[i] += r * COSINE[angle];
      target[i + 1] += r * COSINE[(angle + QUARTER) & MASK];
      int second = (int) (bits >>> (3 * BITS)) & MASK;
      float s = factor * RADIUS[(int) (bits >>> (2 * BITS)) & MASK];
      target[i + 2] += s * COSINE[second];
      target[i + 3] += s * COSINE[(second + QUARTER) & MASK];
    }
    for (; i < to; i++) {
      long bits = random.nextLong();
      target[i] += factor * RADIUS[(int) bits & MASK] * COSINE[(int) (bits >>> BITS) & MASK];
    }
  }
}

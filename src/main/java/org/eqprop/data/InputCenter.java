package org.eqprop.data;

import java.io.Serializable;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The center m of the inputs: the first layer learns from x − m, or from x itself if there is no
 * center.
 */
public final class InputCenter implements Serializable {
  private static final long serialVersionUID = 1L;

  /** No center: the first layer learns from x itself. */
  public static final InputCenter NONE = new InputCenter(new float[0]);

  private final float[] values;

  /**
   * @param values m [n_0], the mean of s_0; not copied; empty for no center
   */
  public InputCenter(float[] values) {
    this.values = values;
  }

  /** Returns whether the first layer learns from x itself. */
  public boolean isNone() {
    return values.length == 0;
  }

  /** Returns m [n_0], empty for no center; callers must not modify it. */
  public float[] values() {
    return values;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof InputCenter that && Arrays.equals(values, that.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }
}

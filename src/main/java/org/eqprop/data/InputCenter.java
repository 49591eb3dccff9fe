package org.eqprop.data;

import java.io.Serializable;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The inputs m that the first layer learns relative to, from x − m; none: from x as it is. */
public final class InputCenter implements Serializable {
  private static final long serialVersionUID = 1L;

  /** From x as it is. */
  public static final InputCenter NONE = new InputCenter(new float[0]);

  private final float[] values;

  /**
   * @param values m [n_0], the mean of s_0; not copied; empty: none
   */
  public InputCenter(float[] values) {
    this.values = values;
  }

  /** Returns whether the first layer learns from x as it is. */
  public boolean isNone() {
    return values.length == 0;
  }

  /** Returns m [n_0], empty if none; not to be modified. */
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

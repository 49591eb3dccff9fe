package org.eqprop.backend;

import java.util.ServiceLoader;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * What computes relaxations: kernels for {@link org.eqprop.dynamics.KernelRelaxer}, or a relaxer of
 * its own. Found by {@link ServiceLoader}: name the class in {@code META-INF/services}; its name is
 * then a value of {@code backend}.
 */
public interface BackendProvider {
  /** Returns what configurations call it, in small letters. */
  String name();

  /**
   * Returns how much {@link Backend#AUTO} prefers it to others where it can compute; below 0 if
   * only who names it gets it.
   */
  int preference();

  /** Returns why it cannot compute in this process, in one line; null if it can. */
  @Nullable String problem();

  /**
   * Returns what it cannot compute of a network, and what it can; null if it computes all of it.
   */
  @Nullable String unsupported(Network network);

  /**
   * Returns whether its relaxers can be those of imperfect hardware: whether {@link
   * Relaxer#disturb} works.
   */
  default boolean simulatesDevices() {
    return false;
  }

  /** Returns whether it computes with numbers of a type, FLOAT or DOUBLE. */
  boolean computes(DataType type);

  /**
   * Returns what computes, in words: the library and its kernels, or the GPU. Called where it can
   * compute.
   */
  String description();

  /**
   * Returns what decides how results are rounded: processes for which it is the same compute the
   * same bits. Called where it can compute.
   */
  String kernels();

  /**
   * Creates a relaxer with zero parameters. Called where it can compute what it is asked.
   *
   * @param type of the numbers
   * @param center m: the first layer learns from x − m; see {@link Relaxer#learn}
   */
  Relaxer relaxer(Network network, Relaxation relaxation, DataType type, InputCenter center);
}

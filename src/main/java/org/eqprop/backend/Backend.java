package org.eqprop.backend;

import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.eqprop.base.InputException;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.network.Dense;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The implementation that computes relaxations: one of the {@link BackendProvider}s, by name, or
 * the best one that can compute in the current process.
 *
 * @param name in lower case; {@code auto} for the best
 */
public record Backend(String name) implements Serializable {
  /** The key of {@link #name}. */
  public static final String KEY = "backend";

  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(Backend.class);
  private static final AtomicBoolean FALLBACK_TOLD = new AtomicBoolean();
  private static final List<BackendProvider> PROVIDERS =
      ServiceLoader.load(BackendProvider.class, BackendProvider.class.getClassLoader()).stream()
          .map(ServiceLoader.Provider::get)
          .sorted(Comparator.comparing(BackendProvider::name))
          .toList();

  /** The most preferred backend that can compute. */
  public static final Backend AUTO = new Backend("auto");

  /** OpenBLAS called directly, and fused loops: CPU, float32. */
  public static final Backend BLAS = new Backend("blas");

  /** One kernel on an NVIDIA GPU: float32. */
  public static final Backend CUDA = new Backend("cuda");

  /** ND4J operations only: runs on whatever ND4J backend is on the class path, CPU or CUDA. */
  public static final Backend ND4J = new Backend("nd4j");

  /**
   * @throws InvalidValueException if there is no backend of this name
   */
  public Backend {
    InvalidValueException.check(names().contains(name), KEY, name, String.join(" or ", names()));
  }

  /**
   * Reads the key {@code backend}.
   *
   * @throws InvalidValueException if there is no backend of this name
   */
  public static Backend of(KeyValues values) {
    return new Backend(values.word(KEY, names()));
  }

  /** Returns the names of all backends, {@code auto} first. */
  public static List<String> names() {
    return java.util.stream.Stream.concat(
            java.util.stream.Stream.of("auto"), PROVIDERS.stream().map(BackendProvider::name))
        .toList();
  }

  /**
   * Returns the backend of a name; upper and lower case do not matter.
   *
   * @throws InvalidValueException if there is none
   */
  public static Backend named(String name) {
    return new Backend(name.toLowerCase(Locale.ROOT));
  }

  /**
   * Returns this backend, or what {@code auto} stands for here: the most preferred backend that can
   * compute. If a more preferred one cannot, a warning is logged once.
   */
  public Backend resolved() {
    return new Backend(provider().name());
  }

  private BackendProvider provider() {
    return name.equals(AUTO.name) ? best() : provider(name);
  }

  private static BackendProvider provider(String name) {
    return PROVIDERS.stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
  }

  private static BackendProvider best() {
    List<BackendProvider> preferred =
        PROVIDERS.stream()
            .filter(p -> p.preference() >= 0)
            .sorted(Comparator.comparing(BackendProvider::preference).reversed())
            .toList();
    for (BackendProvider provider : preferred) {
      String problem = provider.problem();
      if (problem == null) {
        return provider;
      }
      if (!FALLBACK_TOLD.getAndSet(true)) {
        LOG.warn("backend = auto: falling back to the CPU: {}", problem);
      }
    }
    return preferred.get(preferred.size() - 1);
  }

  /** Returns why this backend cannot compute here, in one line; null if it can. */
  public @Nullable String problem() {
    BackendProvider provider = provider();
    String problem = provider.problem();
    return problem == null
        ? null
        : "backend = " + provider.name() + ": " + problem + "; --backend blas computes on the CPU";
  }

  /**
   * Checks that this backend can compute here.
   *
   * @throws InputException if it cannot
   */
  public void check() {
    String problem = problem();
    if (problem != null) {
      throw new InputException(problem);
    }
  }

  /**
   * Checks that this backend supports a network.
   *
   * @throws InvalidValueException if it does not support a part of it
   */
  public void checkSupports(Network network) {
    if (!name.equals(AUTO.name)) {
      String unsupported = provider().unsupported(network);
      if (unsupported != null) {
        throw new InvalidValueException(KEY, name, "another backend: " + unsupported);
      }
    }
  }

  /**
   * Checks that this backend can simulate imperfect hardware.
   *
   * @param keys the configuration keys that require it, in one line
   * @throws InvalidValueException if it does not
   */
  public void checkSimulates(String keys) {
    if (!name.equals(AUTO.name) && !provider().simulatesDevices()) {
      String able =
          PROVIDERS.stream()
              .filter(BackendProvider::simulatesDevices)
              .map(BackendProvider::name)
              .collect(Collectors.joining(" or "));
      throw new InvalidValueException(KEY, name, able + " with " + keys);
    }
  }

  /** Returns this backend if it can compute here, and otherwise {@link #BLAS}. */
  public Backend orBlas() {
    return problem() == null ? this : BLAS;
  }

  /**
   * Describes what computes: the library and its kernels, or the GPU.
   *
   * @throws RuntimeException if it cannot compute here
   */
  public String description() {
    return provider().description();
  }

  /**
   * Returns what determines how results are rounded: processes that return the same text compute
   * bit-identical results.
   *
   * @throws RuntimeException if it cannot compute here
   */
  public String kernels() {
    return provider().kernels();
  }

  /**
   * Creates a relaxer with zero parameters, whose first layer learns from x as it is.
   *
   * @param type {@link DataType#FLOAT} for training, {@link DataType#DOUBLE} for checks; if this
   *     backend does not support it, ND4J computes
   * @throws InputException if the backend cannot compute here or does not support the network
   */
  public Relaxer relaxer(Network network, Relaxation relaxation, DataType type) {
    return relaxer(network, relaxation, type, InputCenter.NONE);
  }

  /**
   * Creates a relaxer with zero parameters.
   *
   * @param type {@link DataType#FLOAT} for training, {@link DataType#DOUBLE} for checks; if this
   *     backend does not support it, ND4J computes
   * @param center m: the first layer learns from x − m; see {@link Relaxer#learn}
   * @throws InputException if the backend cannot compute here or does not support the network
   */
  public Relaxer relaxer(
      Network network, Relaxation relaxation, DataType type, InputCenter center) {
    Backend backend = provider().computes(type) ? resolved() : ND4J;
    backend.check();
    backend.checkSupports(network);
    InvalidValueException.check(
        center.isNone() || network.link(1) instanceof Dense,
        "training.input-center",
        "mean",
        "none: the first link is not dense");
    return backend.provider().relaxer(network, relaxation, type, center);
  }

  @Override
  public String toString() {
    return name;
  }
}

package org.eqprop.backend;

import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.eqprop.network.Link;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;

/**
 * One backend's support for one kind of link. A backend extends this interface with a method that
 * creates its kernels. The classes that implement the backend's interface are discovered through
 * {@link ServiceLoader}: list them in {@code META-INF/services}.
 */
public interface LinkKind {
  /** Returns whether it can create kernels for a link. */
  boolean supports(Link link);

  /**
   * Returns the implementation that creates the kernels of a link.
   *
   * @param kinds the backend's interface
   * @return empty if the backend has no kernel for it
   */
  static <T extends LinkKind> Optional<T> find(Class<T> kinds, Link link) {
    return ServiceLoader.load(kinds, kinds.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .filter(kind -> kind.supports(link))
        .findFirst();
  }

  /**
   * Returns the implementation that creates the kernels of a link.
   *
   * @param kinds the backend's interface
   * @param backend its name
   * @throws IllegalArgumentException if the backend has no kernel for it
   */
  static <T extends LinkKind> T of(Class<T> kinds, Link link, String backend) {
    return find(kinds, link)
        .orElseThrow(() -> new IllegalArgumentException(backend + " has no kernel for " + link));
  }

  /**
   * Returns a sentence that names a link of a network, or of its cost, for which a backend has no
   * kernel; null if it has kernels for all of them.
   *
   * @param kinds the backend's interface
   * @param backend its name
   */
  static <T extends LinkKind> @Nullable String missing(
      Class<T> kinds, Network network, String backend) {
    return Stream.concat(network.links().stream(), network.cost().readoutLink().stream())
        .filter(link -> find(kinds, link).isEmpty())
        .findFirst()
        .map(link -> backend + " has no kernel for " + link)
        .orElse(null);
  }
}

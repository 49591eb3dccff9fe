package org.eqprop.backend;

import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.eqprop.network.Link;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;

/**
 * Knows one kind of link for one backend. A backend extends this by the method that makes its
 * kernels; the classes that implement its interface are found by {@link ServiceLoader}: name them
 * in {@code META-INF/services}.
 */
public interface LinkKind {
  /** Returns whether this is the kind of link whose kernels it makes. */
  boolean supports(Link link);

  /**
   * Returns what makes the kernels of a link.
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
   * Returns what makes the kernels of a link.
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
   * Returns which link of a network, or of its cost, a backend has no kernel for, as a sentence;
   * null if it has all.
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

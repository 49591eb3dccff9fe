package org.eqprop.grid;

import org.eqprop.config.Hocon;
import org.jspecify.annotations.Nullable;

/** Grid files as users write them. */
final class GridFiles {
  private GridFiles() {}

  static GridFile parse(String text, String origin, @Nullable String search) {
    return GridFile.parse(text, origin, Hocon.Source.USER, search);
  }
}

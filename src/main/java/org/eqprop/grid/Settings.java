package org.eqprop.grid;

import java.util.List;
import java.util.Map;

/**
 * The combinations of values that a grid tries.
 *
 * @param axes the axes, in order, each with the keys that change together on it
 * @param levels keys that are changed one at a time: a setting has at most one of them at another
 *     than its first value
 * @param values for each setting the values by key, as HOCON text; all distinct
 * @param drawn whether they are drawn by a random search
 * @param repeated how many duplicate draws of a random search are skipped
 */
record Settings(
    List<List<String>> axes,
    List<Levels> levels,
    List<Map<String, String>> values,
    boolean drawn,
    int repeated) {

  Settings {
    axes = axes.stream().map(List::copyOf).toList();
    levels = List.copyOf(levels);
    values = List.copyOf(values);
  }
}

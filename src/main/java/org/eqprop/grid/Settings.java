package org.eqprop.grid;

import java.util.List;
import java.util.Map;

/**
 * The combinations of values that a grid tries.
 *
 * @param axes the keys, in order; those together that move together
 * @param levels keys of which a setting has one, at most, at another than its first value
 * @param values for each setting the values by key, as HOCON text; all different
 * @param drawn whether they are those of a random search
 * @param repeated how many draws of a random search came a second time and are left out
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

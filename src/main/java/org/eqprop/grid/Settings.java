package org.eqprop.grid;

import java.util.List;
import java.util.Map;

/**
 * The combinations of values that a grid tries.
 *
 * @param axes the keys, in order; those together that move together
 * @param values for each setting the values by key, as HOCON text; all different
 * @param drawn whether they are those of a random search
 * @param repeated how many draws of a random search came a second time and are left out
 */
record Settings(
    List<List<String>> axes, List<Map<String, String>> values, boolean drawn, int repeated) {
  Settings {
    axes = axes.stream().map(List::copyOf).toList();
    values = List.copyOf(values);
  }
}

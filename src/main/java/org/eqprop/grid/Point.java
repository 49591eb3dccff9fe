package org.eqprop.grid;

import java.util.Map;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.InputStatistics;

/**
 * One training of a grid.
 *
 * @param index from 0, in the order of the grid
 * @param setting index of its combination of values, from 0: points of one setting differ by seed
 * @param values the values that distinguish the setting, by key
 * @param seed of the training
 * @param configuration the complete configuration
 */
record Point(
    int index, int setting, Map<String, String> values, long seed, RunConfiguration configuration) {

  /** Returns the point with its configuration resolved for the training images. */
  Point measured(InputStatistics data) {
    return new Point(index, setting, values, seed, configuration.measured(data));
  }

  /** Returns how many epochs it is trained if it finishes. */
  int epochs() {
    return configuration.spec().hyperparameters().epochs();
  }

  /** Returns how many replicas train it. */
  int replicas() {
    return configuration.averaging().replicas();
  }
}

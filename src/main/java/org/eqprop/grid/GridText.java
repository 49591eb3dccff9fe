package org.eqprop.grid;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import java.util.List;
import java.util.Map;

/**
 * Writes a grid as text that reads back as the same grid, no matter how its file was written and
 * how presets, files and environment variables change later.
 */
final class GridText {
  /** The keys with plain values, in the order in which they are written. */
  private static final List<String> WORDS =
      List.of("seeds", "objective", "search", "eta", "budget.epochs", "budget.minutes");

  private final StringBuilder text = new StringBuilder();

  private GridText() {}

  /**
   * Returns a grid as HOCON without substitutions.
   *
   * @param config the grid file
   * @param shared all keys that its points share
   */
  static String of(Config config, Config shared) {
    GridText grid = new GridText();
    grid.text.append(
        "# The grid with all keys that its points share, independent of presets.\n\nset {\n");
    grid.text.append(
        shared
            .root()
            .render(
                ConfigRenderOptions.defaults()
                    .setOriginComments(false)
                    .setComments(false)
                    .setJson(false)));
    grid.text.append("}\n");
    for (String key : List.of("preset", "conf", "set")) {
      if (config.hasPath(key)) {
        grid.comments(config.getValue(key));
      }
    }
    if (config.hasPath("axes")) {
      grid.comments(config.getValue("axes"));
      grid.block("axes", config.getConfig("axes"));
    }
    if (config.hasPath("one-at-a-time")) {
      grid.comments(config.getValue("one-at-a-time"));
      grid.block("one-at-a-time", config.getConfig("one-at-a-time"));
    }
    if (config.hasPath("zip")) {
      grid.comments(config.getValue("zip"));
      grid.zip(config.getConfigList("zip"));
    }
    if (config.hasPath("random")) {
      grid.comments(config.getValue("random"));
      grid.random(config.getConfig("random"));
    }
    for (String key : WORDS) {
      if (config.hasPath(key)) {
        grid.line(key, config.getValue(key));
      }
    }
    return grid.text.toString();
  }

  /** Writes one key per line, since the order of the lines is the order of the axes. */
  private void block(String name, Config keys) {
    text.append(name).append(" {\n");
    lines(keys);
    text.append("}\n");
  }

  private void lines(Config keys) {
    for (Map.Entry<String, ConfigValue> key : GridValues.ordered(keys).entrySet()) {
      line(key.getKey(), key.getValue());
    }
  }

  private void zip(List<? extends Config> groups) {
    text.append("zip = [\n");
    for (Config group : groups) {
      text.append("{\n");
      lines(group);
      text.append("}\n");
    }
    text.append("]\n");
  }

  private void random(Config random) {
    text.append("random {\n");
    for (String key : List.of("samples", "seed")) {
      if (random.hasPath(key)) {
        line(key, random.getValue(key));
      }
    }
    block("ranges", random.getConfig("ranges"));
    text.append("}\n");
  }

  private void comments(ConfigValue value) {
    value.origin().comments().forEach(comment -> text.append('#').append(comment).append('\n'));
  }

  private void line(String key, ConfigValue value) {
    comments(value);
    text.append(key).append(" = ").append(value.render(ConfigRenderOptions.concise())).append('\n');
  }
}

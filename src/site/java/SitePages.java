import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.ml.param.Param;
import org.eqprop.cli.Main;
import org.eqprop.cli.OptionGroups;
import org.eqprop.ml.EquilibriumPropagationClassifier;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Prepares the sources of the site: copies the pages, gives their headings the anchors that GitHub
 * gives them, and writes the reference pages from the program's own classes. Usage: SitePages BASE
 * TARGET.
 */
public final class SitePages {
  /** The keys, as pages name them where there is no reference page. */
  private static final String DEFAULTS = "../../main/resources/org/eqprop/config/defaults.conf";

  private final Path markdown;
  private final Path resources;

  private SitePages(Path target) {
    markdown = target.resolve("markdown");
    resources = target.resolve("resources");
  }

  public static void main(String[] args) throws IOException {
    Path base = Path.of(args[0]);
    Path site = base.resolve("src/site");
    Path target = Path.of(args[1]);
    SitePages pages = new SitePages(target);
    pages.copy(site.resolve("markdown"));
    pages.write("contributing.md", Files.readString(base.resolve("CONTRIBUTING.md")));
    pages.write("adr/index.md", decisions(site.resolve("markdown/adr")));
    pages.write("reference-configuration.md", configuration());
    pages.write("reference-commands.md", commands());
    pages.write("reference-spark-ml.md", sparkMl());
    Files.copy(
        site.resolve("site.xml"), target.resolve("site.xml"), StandardCopyOption.REPLACE_EXISTING);
  }

  private void copy(Path from) throws IOException {
    List<Path> files;
    try (Stream<Path> walked = Files.walk(from)) {
      files = walked.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      String name = from.relativize(file).toString();
      if (name.endsWith(".md")) {
        write(name, Files.readString(file));
      } else {
        Path copy = resources.resolve(name);
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private void write(String name, String text) throws IOException {
    Path page = markdown.resolve(name);
    Files.createDirectories(page.getParent());
    String links =
        text.replace("](adr)", "](adr/index.md)")
            .replace("](../../../CONTRIBUTING.md)", "](contributing.md)")
            .replace("](" + DEFAULTS + ")", "](reference-configuration.md)")
            .replace("](src/site/markdown/", "](");
    Files.writeString(page, anchored(links));
  }

  /** Puts an anchor into each heading. On GitHub they are there without. */
  private static String anchored(String text) {
    StringBuilder out = new StringBuilder();
    Map<String, Integer> seen = new HashMap<>();
    boolean code = false;
    for (String line : text.split("\n", -1)) {
      if (line.startsWith("```")) {
        code = !code;
      }
      int level = line.indexOf(' ');
      if (!code && level > 0 && line.substring(0, level).matches("#{1,4}")) {
        String title = line.substring(level + 1);
        String slug = slug(title);
        int before = seen.merge(slug, 1, Integer::sum) - 1;
        String id = before == 0 ? slug : slug + "-" + before;
        out.append(line, 0, level).append(" <a id=\"").append(id).append("\"></a>").append(title);
      } else {
        out.append(line);
      }
      out.append('\n');
    }
    return out.toString();
  }

  private static String slug(String title) {
    return title
        .replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1")
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^\\p{L}\\p{N} _-]", "")
        .replace(' ', '-');
  }

  private static String decisions(Path folder) throws IOException {
    StringBuilder page = new StringBuilder("# Decisions\n\nWhy the program is as it is.\n\n");
    List<Path> files;
    try (Stream<Path> listed = Files.list(folder)) {
      files = listed.sorted().toList();
    }
    for (Path file : files) {
      String title = Files.readAllLines(file).get(0).replaceFirst("# ", "");
      page.append("- [").append(title).append("](").append(file.getFileName()).append(")\n");
    }
    return page.toString();
  }

  private static String configuration() {
    Config defaults = ConfigFactory.parseResources("org/eqprop/config/defaults.conf");
    // Keys without a dot first.
    Comparator<String> order = Comparator.comparing(key -> key.contains("."));
    Map<String, ConfigValue> keys = new TreeMap<>(order.thenComparing(Comparator.naturalOrder()));
    defaults.entrySet().forEach(entry -> keys.put(entry.getKey(), entry.getValue()));
    StringBuilder page =
        new StringBuilder(
            """
            # Configuration keys

            Every key, with its default and its meaning. A preset, a `--conf` file and `--set KEY=VALUE` change some of them
            ([how they combine](guide.md#configuration)). `submit/train --print-config` prints the values of a run.
            This page is generated from the program.
            """);
    String group = "";
    for (Map.Entry<String, ConfigValue> entry : keys.entrySet()) {
      String key = entry.getKey();
      String first = key.contains(".") ? key.substring(0, key.indexOf('.')) : "Top level";
      if (!first.equals(group)) {
        page.append("\n## ").append(first).append("\n\n| key | default | meaning |\n|---|---|---|\n");
        group = first;
      }
      page.append(
          row(
              code(key),
              code(written(entry.getValue())),
              cell(meaning(defaults, keys, key))));
    }
    return page.toString();
  }

  private static String written(ConfigValue value) {
    String text = value.unwrapped().toString();
    return text.matches("[\\w.-]+") ? text : value.render(ConfigRenderOptions.concise());
  }

  /** Returns the comment above a key or its group; several keys may share that of the first. */
  private static String meaning(Config defaults, Map<String, ConfigValue> keys, String key) {
    List<String> comments = keys.get(key).origin().comments();
    int dot = key.lastIndexOf('.');
    if (comments.isEmpty() && dot > 0) {
      comments = defaults.getValue(key.substring(0, dot)).origin().comments();
    }
    if (comments.isEmpty()) {
      int line = keys.get(key).origin().lineNumber();
      return keys.entrySet().stream()
          .filter(each -> each.getValue().origin().lineNumber() <= line)
          .filter(each -> !each.getValue().origin().comments().isEmpty())
          .max((a, b) -> a.getValue().origin().lineNumber() - b.getValue().origin().lineNumber())
          .map(each -> "See `" + each.getKey() + "`.")
          .orElse("");
    }
    return comments.stream().map(String::strip).collect(Collectors.joining(" "));
  }

  private static String commands() {
    CommandLine main = new CommandLine(Main.class);
    StringBuilder page =
        new StringBuilder(
            """
            # Commands and options

            Each command is a script in `submit/`, which also takes `--master URL` and any option of `spark-submit`.
            This page is generated from the program; `submit/COMMAND --help` prints the same.
            """);
    main.getSubcommands()
        .forEach(
            (name, command) -> {
              CommandSpec spec = command.getCommandSpec();
              page.append("\n## submit/").append(name).append("\n\n");
              page.append(String.join(" ", spec.usageMessage().description())).append("\n\n");
              page.append("| option | meaning |\n|---|---|\n");
              spec.positionalParameters()
                  .forEach(each -> page.append(row(code(each.paramLabel()), text(each.description()))));
              OptionGroups.of(spec)
                  .forEach(
                      (heading, options) -> {
                        page.append(row("*" + heading + "*", ""));
                        options.forEach(
                            option ->
                                page.append(row(option(option), text(option.description()))));
                      });
            });
    return page.toString();
  }

  private static String option(OptionSpec option) {
    String label = option.arity().max() == 0 ? "" : "=" + option.paramLabel();
    return Stream.of(option.names()).map(name -> code(name + label)).collect(Collectors.joining(", "));
  }

  private static String sparkMl() {
    EquilibriumPropagationClassifier classifier = new EquilibriumPropagationClassifier();
    StringBuilder page =
        new StringBuilder(
            """
            # Parameters of the Spark ML classifier

            The parameters of `EquilibriumPropagationClassifier` ([how to use it](spark-ml.md)). This page is generated from the program;
            `explainParams()` prints the same.

            | parameter | default | meaning |
            |---|---|---|
            """);
    for (Param<?> param : classifier.params()) {
      page.append(row(code(param.name()), value(classifier, param), cell(param.doc())));
    }
    return page.toString();
  }

  private static <T> String value(EquilibriumPropagationClassifier classifier, Param<T> param) {
    return classifier.hasDefault(param) ? code(param.jsonEncode(classifier.getOrDefault(param))) : "";
  }

  private static String row(String... cells) {
    return Stream.of(cells).collect(Collectors.joining(" | ", "| ", " |\n"));
  }

  private static String text(String... lines) {
    return cell(String.join(" ", lines));
  }

  private static String code(String text) {
    return text.isEmpty() || text.equals("\"\"") ? "`\"\"`" : "`" + text.replace("|", "\\|") + "`";
  }

  private static String cell(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace("|", "\\|")
        .replace("*", "\\*")
        .replace("--", "\\-\\-"); // not a dash
  }
}

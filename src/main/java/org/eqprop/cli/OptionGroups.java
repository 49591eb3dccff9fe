package org.eqprop.cli;

import java.lang.reflect.Member;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The options of a verb in groups, as help and the reference page show them. */
public final class OptionGroups {
  private static final String OWN = "Options";
  private static final String HELP = "Help";

  private OptionGroups() {}

  /**
   * Returns the options of a verb by heading, without hidden ones. First come the verb's own
   * options, then those that it shares with other verbs, and finally {@code --help} and {@code
   * --version}.
   *
   * @param verb not modified
   */
  public static Map<String, List<OptionSpec>> of(CommandSpec verb) {
    Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
    groups.put(OWN, new ArrayList<>());
    List<OptionSpec> help = new ArrayList<>();
    for (OptionSpec option : verb.options()) {
      if (option.usageHelp() || option.versionHelp()) {
        help.add(option);
      } else if (!option.hidden()) {
        groups.computeIfAbsent(heading(option), h -> new ArrayList<>()).add(option);
      }
    }
    groups.put(HELP, help);
    groups.values().removeIf(List::isEmpty);
    groups.values().forEach(group -> group.sort(Comparator.comparing(OptionSpec::order)));
    return groups;
  }

  private static String heading(OptionSpec option) {
    if (option.userObject() instanceof Member field) {
      OptionGroup group = field.getDeclaringClass().getAnnotation(OptionGroup.class);
      if (group != null) {
        return group.value();
      }
    }
    return OWN;
  }
}

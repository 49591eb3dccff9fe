package org.eqprop.cli;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The text of {@code --help}: shows a verb as the script that users type, and its options in
 * groups.
 */
final class Usage extends Help {
  /** The folder of the scripts that run the verbs. */
  static final String SCRIPTS = "submit/";

  private static final String OPTIONS = "[OPTIONS]";

  Usage(CommandSpec spec, ColorScheme colours) {
    super(spec, colours);
  }

  @Override
  public String synopsis(int headingLength) {
    String synopsis = super.synopsis(headingLength);
    String program = commandSpec().root().name();
    if (commandSpec().parent() == null) {
      return synopsis.replaceFirst(program, SCRIPTS + "VERB");
    }
    String required =
        commandSpec().requiredArgs().stream()
            .filter(ArgSpec::isOption)
            .map(each -> ((OptionSpec) each).longestName() + "=" + each.paramLabel() + " ")
            .collect(Collectors.joining());
    return synopsis.replaceFirst(program + " ", SCRIPTS).replace(OPTIONS, required + OPTIONS);
  }

  @Override
  public String optionList() {
    Map<String, List<OptionSpec>> groups = OptionGroups.of(commandSpec());
    StringBuilder text = new StringBuilder();
    groups.forEach(
        (heading, options) -> {
          Layout layout = createDefaultLayout(); // the columns fit the options of all groups
          layout.addOptions(options, parameterLabelRenderer());
          text.append(String.format("%n%s:%n", heading)).append(layout);
        });
    return text.toString();
  }
}

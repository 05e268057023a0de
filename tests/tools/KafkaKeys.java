// Prints every setting that the Kafka on the class path defines, as rows of tests/fixtures/keys/kafka_keys.tsv.
//
// usage: java -cp 'LIBS/*' tests/tools/KafkaKeys.java 4.4 >> tests/fixtures/keys/kafka_keys.tsv
//        UPDATE_GOLDEN=1 cargo test --test generated
//
// LIBS holds kafka_2.13 and connect-runtime of one release with all that they depend on. The second command sorts the
// rows, joins equal ones of neighbouring releases, and writes src/keys/table.rs. What a release has not is left out, and
// said on stderr.
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.types.Password;

public class KafkaKeys {
    private static final String[][] DEFINITIONS = {
        {"broker", "org.apache.kafka.server.config.AbstractKafkaConfig", "CONFIG_DEF"},
        {"broker", "kafka.server.KafkaConfig$", "kafka$server$KafkaConfig$$configDef()"},
        {"broker", "kafka.server.KafkaConfig$", "configDef()"},
        {"broker", "org.apache.kafka.server.config.QuotaConfig", "brokerQuotaConfigs()"},
        {"broker", "org.apache.kafka.server.config.QuotaConfigs", "brokerQuotaConfigs()"},
        {"topic", "org.apache.kafka.storage.internals.log.LogConfig", "CONFIG"},
        {"topic", "org.apache.kafka.storage.internals.log.LogConfig", "configDefCopy()"},
        {"producer", "org.apache.kafka.clients.producer.ProducerConfig", "CONFIG"},
        {"consumer", "org.apache.kafka.clients.consumer.ConsumerConfig", "CONFIG"},
        {"admin", "org.apache.kafka.clients.admin.AdminClientConfig", "CONFIG"},
        {"connect", "org.apache.kafka.connect.runtime.distributed.DistributedConfig", "CONFIG"},
        {"connect", "org.apache.kafka.connect.runtime.distributed.DistributedConfig", "config()"},
        {"connect", "org.apache.kafka.connect.runtime.standalone.StandaloneConfig", "CONFIG"},
    };

    public static void main(String[] arguments) throws Exception {
        Map<String, String> lines = new TreeMap<>();
        Map<String, String> modes = modes();
        for (String[] definition : DEFINITIONS) {
            ConfigDef found = definition(definition[1], definition[2]);
            if (found == null) continue;
            for (ConfigDef.ConfigKey key : found.configKeys().values()) {
                String mode = definition[0].equals("broker") ? modes.getOrDefault(key.name,
                    key.name.endsWith("throttled.rate") || key.name.endsWith("max.bytes.per.second") ? "per-broker" : "read-only") : "";
                lines.putIfAbsent(definition[0] + " " + key.name, line(definition[0], arguments[0], key, mode));
            }
        }
        lines.values().forEach(System.out::println);
    }

    private static ConfigDef definition(String type, String member) {
        try {
            Class<?> owner = Class.forName(type);
            if (member.endsWith("()")) {
                Method method = null;
                for (Method candidate : owner.getDeclaredMethods()) {
                    boolean named = candidate.getName().equals(member.substring(0, member.length() - 2));
                    if (named && candidate.getReturnType() == ConfigDef.class) method = candidate;
                }
                if (method == null) return null;
                method.setAccessible(true);
                Object on = type.endsWith("$") ? owner.getField("MODULE$").get(null) : null;
                // Connect asks which cryptography the Java at hand offers.
                Object[] with = method.getParameterCount() == 0 ? new Object[0]
                    : new Object[] {method.getParameterTypes()[0].getField("SYSTEM").get(null)};
                return (ConfigDef) method.invoke(on, with);
            }
            Field field = owner.getDeclaredField(member);
            field.setAccessible(true);
            return (ConfigDef) field.get(null);
        } catch (ReflectiveOperationException | LinkageError absent) {
            System.err.println("not in this release: " + type + " " + member + " " + absent);
            return null;
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, String> modes() {
        try {
            Class<?> owner = Class.forName("kafka.server.DynamicBrokerConfig$");
            Object module = owner.getField("MODULE$").get(null);
            Object modes = owner.getMethod("dynamicConfigUpdateModes").invoke(module);
            return (Map<String, String>) modes;
        } catch (ReflectiveOperationException absent) {
            try {
                return (Map<String, String>) Class.forName("org.apache.kafka.server.config.DynamicBrokerConfig")
                    .getMethod("dynamicConfigUpdateModes").invoke(null);
            } catch (ReflectiveOperationException other) {
                throw new IllegalStateException(other);
            }
        }
    }

    private static String line(String scope, String version, ConfigDef.ConfigKey key, String mode) {
        Object standard = key.defaultValue;
        String shown = !key.hasDefault() ? "(required)" : standard == null ? "(none)"
            : standard instanceof Password ? "" : ConfigDef.convertToString(standard, key.type);
        // A validator without a text of its own shows the number of its object.
        String valid = key.validator == null ? "" : key.validator.toString().replaceAll("@[0-9a-f]+$", "");
        // Which version of TLS is the default depends on the Java that runs.
        boolean ofJava = key.name.equals("ssl.protocol") || key.name.equals("ssl.enabled.protocols");
        String flags = key.internalConfig ? "internal" : ofJava ? "java" : "";
        return String.join("\t", scope, key.name, version, version, key.type.name().toLowerCase(), mode, flags, shown, valid);
    }
}

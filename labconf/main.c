/* SPDX-License-Identifier: Apache-2.0 */
/* labconf: lab.yaml for scripts, on the schema that the daemons use. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "labconf.h"

static const char usage[] =
    "usage: labconf -c FILE COMMAND\n"
    "lab.yaml for scripts.\n\n"
    "  topology    who stands where; one line each, one space between words, '-' for none:\n"
    "                element KIND NAME NETNS ADDRESS ADDRESS6 HOST internal|external\n"
    "                pool APN PREFIX\n"
    "                terminal NAME GB_ADDRESS INTERFACE\n"
    "              KIND is sgsn, ggsn, pcscf, dns, icscf, scscf or hss\n"
    "  dnsmasq     the configuration of the lab's DNS server\n"
    "  check       nothing, when FILE and its sims file are fine\n"
    "  reference   every key of FILE, as Markdown (needs no -c)\n\n"
    "  -c, --config FILE    the lab's configuration (conf/lab.yaml)\n"
    "      --help           this text\n"
    "      --version        the version\n";

static const struct option options[] = {
    {"config",  required_argument, NULL, 'c'},
    {"help",    no_argument,       NULL, 'h'},
    {"version", no_argument,       NULL, 'v'},
    {NULL,      0,                 NULL, 0  },
};

static int bad_usage(const char *sentence)
{
    fprintf(stderr, "labconf: %s\n", sentence);
    return 2;
}

static void print_nothing(const struct conf *conf, FILE *out)
{
    (void)conf;
    (void)out;
}

static const struct command {
    const char *name;
    unsigned flags;
    void (*print)(const struct conf *conf, FILE *out);
} commands[] = {
    {"topology", 0,         topology_print},
    {"dnsmasq",  0,         dnsmasq_print },
    {"check",    CONF_SIMS, print_nothing },
    {NULL,       0,         NULL          },
};

static int run(const char *name, const char *file)
{
    const struct command *command = commands;
    struct conf conf;
    struct why why;

    if (strcmp(name, "reference") == 0) {
        conf_reference();
        return 0;
    }
    while (command->name && strcmp(command->name, name) != 0)
        command++;
    if (!command->name)
        return bad_usage("the commands are topology, dnsmasq, check and reference");
    if (!file)
        return bad_usage("no configuration: -c FILE is missing");
    if (conf_load(&conf, file, command->flags, &why) < 0)
        return bad_usage(why.text);
    command->print(&conf, stdout);
    conf_free(&conf);
    return 0;
}

int main(int argc, char **argv)
{
    const char *file = NULL;
    int c;

    while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
        switch (c) {
        case 'c': file = optarg; break;
        case 'h': fputs(usage, stdout); return 0;
        case 'v': printf("labconf (imslab) %s\n", IMSLAB_VERSION); return 0;
        default: return bad_usage("try 'labconf --help'");
        }
    }
    if (optind + 1 != argc)
        return bad_usage("one command, please: try 'labconf --help'");
    return run(argv[optind], file);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The database as a file, its thread, and how subscribers come into it. */
#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "room.h"

#include "../../../hss/schema.h"

static char folder[64], path[96];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/imslab-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/hss.db", folder);
    return 0;
}

static int remove_folder(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[128];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    return rmdir(folder);
}

static struct conf_subscriber users[2];
static const struct conf conf = {.home_domain = "hims.net",
                                 .subscriber = users,
                                 .sim = (struct conf_sim *)&room_sim,
                                 .sim_count = 1};

static void import(struct store *store, size_t count, size_t added, size_t known)
{
    struct conf c = conf;
    size_t really_added, really_known;
    struct why why;

    memcpy(users, room_users, sizeof users);
    snprintf(users[1].imsi, sizeof users[1].imsi, "%s", room_sim.imsi);
    c.subscriber_count = count;
    assert_int_equal(import_subscribers(store, &c, &really_added, &really_known, &why), 0);
    assert_int_equal(really_added, added);
    assert_int_equal(really_known, known);
}

static uint64_t sqn_of_challenge(struct store *store)
{
    struct cx_mar mar = room_mar_of("name.private@hims.net", "sip:name@hims.net", A);
    struct sql_rows *rows;
    struct cx_maa maa;
    struct why why;
    uint64_t sqn = 0;

    answer_mar(store, HOST_A, &mar, &maa, &why);
    assert_int_equal(maa.result, CX_SUCCESS);
    sql_begin(store->sql);
    rows = sql_ask(store->sql, "SELECT sqn FROM impi WHERE id = 1", "");
    while (sql_next(rows))
        sqn = sql_int(rows, 0);
    assert_int_equal(sql_commit(store->sql, &why), 0);
    return sqn;
}

static void the_file_is_for_its_owner_only(void **state)
{
    char log[128];
    struct store store;
    struct stat st;
    struct why why;

    (void)state;
    assert_int_equal(store_open(&store, path, &why), 0);
    import(&store, 2, 2, 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    snprintf(log, sizeof log, "%s-wal", path);
    assert_int_equal(stat(log, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    store_close(&store);
    assert_int_equal(chmod(path, 0644), 0); /* somebody copied it about */
    assert_int_equal(store_open(&store, path, &why), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    store_close(&store);
}

static void a_database_that_is_a_symbolic_link_is_refused_and_its_target_untouched(void **state)
{
    char target[128];
    struct store store;
    struct why why;

    (void)state;
    snprintf(target, sizeof target, "%s-target", path);
    unlink(path);
    assert_int_equal(symlink(target, path), 0);
    assert_true(store_open(&store, path, &why) < 0);
    assert_non_null(strstr(why.text, "symbolic link"));
    assert_int_equal(access(target, F_OK), -1);
    unlink(path);
}

static void CXM_17_ROB_13_a_restart_uses_no_sqn_twice(void **state)
{
    struct store store;
    struct why why;
    uint64_t last = 0;

    (void)state;
    for (size_t start = 0; start < 3; start++) {
        assert_int_equal(store_open(&store, path, &why), 0);
        import(&store, 1, start == 0, start > 0);
        for (int i = 0; i < 3; i++) {
            uint64_t sqn = sqn_of_challenge(&store);

            assert_true(sqn > last);
            last = sqn;
        }
        store_close(&store);
    }
}

static void new_subscribers_are_added_on_a_later_start(void **state)
{
    struct store store;
    struct why why;

    (void)state;
    assert_int_equal(store_open(&store, path, &why), 0);
    import(&store, 1, 1, 0);
    import(&store, 2, 1, 1);
    import(&store, 2, 0, 2);
    store_close(&store);
}

static void a_subscriber_that_got_another_name_is_still_known(void **state)
{
    struct conf c = conf;
    struct store store;
    struct why why;
    size_t added, known;

    (void)state;
    assert_int_equal(store_open(&store, ":memory:", &why), 0);
    import(&store, 1, 1, 0);
    c.subscriber_count = 1;
    snprintf(users[0].name, sizeof users[0].name, "renamed");
    assert_int_equal(import_subscribers(&store, &c, &added, &known, &why), 0);
    assert_int_equal(added, 0);
    assert_int_equal(known, 1);
    /* and an identity has one owner: the second one does not keep the HSS from starting */
    snprintf(users[0].impi, sizeof users[0].impi, "thief@hims.net");
    assert_int_equal(import_subscribers(&store, &c, &added, &known, &why), 0);
    assert_int_equal(added + known, 0);
    store_close(&store);
}

static void CXM_18_the_hash_of_a_password_is_kept_and_not_the_password(void **state)
{
    static struct conf_password passwords[] = {
        {"md5@hims.net", "Correct-Horse"},
        {"sha@hims.net", "Correct-Horse"}
    };
    static struct conf_subscriber subscribers[] = {
        {.name = "md5",
         .impi = "md5@hims.net",
         .auth = AUTH_DIGEST_MD5,
         .impu = {{.id = "sip:md5@hims.net"}},
         .impu_count = 1},
        {.name = "sha",
         .impi = "sha@hims.net",
         .auth = AUTH_DIGEST_SHA256,
         .impu = {{.id = "sip:sha@hims.net"}},
         .impu_count = 1}
    };
    struct conf mine = {.home_domain = "hims.net",
                        .subscriber = subscribers,
                        .subscriber_count = 2,
                        .password = passwords};
    char md5[65], sha256[65], octets[256] = "";
    struct sql_rows *rows;
    struct store store;
    size_t added, known;
    struct why why;
    FILE *f;

    (void)state;
    assert_int_equal(store_open(&store, path, &why), 0);
    import_subscribers(&store, &mine, &added, &known, &why); /* no passwords yet */
    mine.password_count = 2;
    assert_int_equal(import_subscribers(&store, &mine, &added, &known, &why), 0);
    assert_int_equal(known, 2);
    sql_begin(store.sql);
    rows = sql_ask(store.sql, "SELECT ha1_md5, ha1_sha256, realm FROM impi ORDER BY impi", "");
    for (int i = 0; sql_next(rows); i++) {
        sql_text(rows, 0, md5, sizeof md5);
        sql_text(rows, 1, sha256, sizeof sha256);
        assert_string_equal(md5, i == 0 ? "28622a322f5813b7b6f3e7af71c762d1" : "");
        assert_int_equal(strlen(sha256), i == 0 ? 0 : 64);
    }
    assert_int_equal(sql_commit(store.sql, &why), 0);
    store_close(&store);
    f = fopen(path, "r");
    for (size_t n; (n = fread(octets, 1, sizeof octets, f)) > 0;)
        assert_null(memmem(octets, n, "Horse", 5));
    fclose(f);
}

static void a_subscription_goes_with_all_that_belongs_to_it(void **state)
{
    static const char *const tables[] = {"SELECT count(*) FROM impi", "SELECT count(*) FROM impu",
                                         "SELECT count(*) FROM implicit_set",
                                         "SELECT count(*) FROM registration",
                                         "SELECT count(*) FROM challenge"};
    struct store store;
    struct why why;

    (void)state;
    assert_int_equal(store_open(&store, ":memory:", &why), 0);
    import(&store, 1, 1, 0);
    sqn_of_challenge(&store);
    sql_begin(store.sql);
    sql_run(store.sql, "DELETE FROM subscription WHERE name = ?", "t", "name");
    assert_int_equal(sql_commit(store.sql, &why), 0);
    sql_begin(store.sql);
    for (size_t i = 0; i < 5; i++) {
        struct sql_rows *rows = sql_ask(store.sql, tables[i], "");

        while (sql_next(rows))
            assert_int_equal(sql_int(rows, 0), 0);
    }
    assert_int_equal(sql_commit(store.sql, &why), 0);
    store_close(&store);
}

static void a_file_of_the_first_version_keeps_what_is_in_it(void **state)
{
    struct sql_rows *rows;
    struct store store;
    struct why why;
    int seen = 0;

    (void)state;
    store.sql = sql_open(path, &why);
    sql_begin(store.sql);
    sql_script(store.sql, schema_migration(0));
    sql_script(store.sql,
               "PRAGMA user_version = 1;"
               "INSERT INTO subscription (id, name) VALUES (1, 'old');"
               "INSERT INTO impi (id, subscription, impi, auth, sqn) VALUES (1, 1, 'a@b', 'akav1', "
               "4711);"
               "INSERT INTO profile (id, subscription, position) VALUES (1, 1, 0);"
               "INSERT INTO implicit_set (id, subscription, state, scscf_name) VALUES (1, 1, 1, "
               "'sip:s');"
               "INSERT INTO registration (impi, implicit_set, registered) VALUES (1, 1, 1);"
               "INSERT INTO impu (impu, implicit_set, profile, position) VALUES ('sip:a@b', 1, 1, "
               "0);");
    assert_int_equal(sql_commit(store.sql, &why), 0);
    store_close(&store);
    assert_int_equal(store_open(&store, path, &why), 0);
    sql_begin(store.sql);
    rows = sql_ask(store.sql,
                   "SELECT sqn, state, kind, keep_scscf, ha1_md5 = '' FROM impi, implicit_set, "
                   "impu, subscription",
                   "");
    for (; sql_next(rows); seen++) {
        assert_int_equal(sql_int(rows, 0), 4711);
        assert_int_equal(sql_int(rows, 1), 1);
        assert_int_equal(sql_int(rows, 2), 0);
        assert_int_equal(sql_int(rows, 3), 1);
        assert_int_equal(sql_int(rows, 4), 1);
    }
    assert_int_equal(seen, 1);
    rows = sql_ask(store.sql, "SELECT count(*) FROM pragma_foreign_key_check", "");
    while (sql_next(rows))
        assert_int_equal(sql_int(rows, 0), 0);
    assert_int_equal(sql_commit(store.sql, &why), 0);
    store_close(&store);
}

static void a_file_of_a_later_version_is_refused(void **state)
{
    struct store store;
    struct why why;

    (void)state;
    assert_int_equal(store_open(&store, path, &why), 0);
    sql_begin(store.sql);
    sql_script(store.sql, "PRAGMA user_version = 99");
    assert_int_equal(sql_commit(store.sql, &why), 0);
    store_close(&store);
    assert_true(store_open(&store, path, &why) < 0);
    assert_non_null(strstr(why.text, "later version of imslab (99"));
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    struct store store;
    struct why why;
    FILE *f = fopen(path, "w");

    (void)state;
    for (int i = 0; i < 1000; i++)
        fputs("this is no database\n", f);
    fclose(f);
    assert_true(store_open(&store, path, &why) < 0);
    assert_non_null(strstr(why.text, "not a database"));
}

static void a_folder_that_is_not_there_is_told(void **state)
{
    struct store store;
    struct why why;

    (void)state;
    assert_true(store_open(&store, "/nowhere/hss.db", &why) < 0);
    assert_string_equal(why.text,
                        "cannot open database '/nowhere/hss.db': No such file or directory");
}

static void an_error_rolls_the_whole_transaction_back(void **state)
{
    struct store store;
    struct sql_rows *rows;
    struct why why;
    int64_t count = -1;

    (void)state;
    assert_int_equal(store_open(&store, ":memory:", &why), 0);
    sql_begin(store.sql);
    sql_run(store.sql, "INSERT INTO subscription (name) VALUES (?)", "t", "a");
    sql_run(store.sql, "INSERT INTO subscription (name) VALUES (?)", "t", "a"); /* not unique */
    sql_run(store.sql, "INSERT INTO subscription (name) VALUES (?)", "t", "b");
    assert_int_equal(sql_commit(store.sql, &why), -EIO);
    assert_non_null(strstr(why.text, "UNIQUE"));
    sql_begin(store.sql);
    rows = sql_ask(store.sql, "SELECT count(*) FROM subscription", "");
    while (sql_next(rows))
        count = sql_int(rows, 0);
    assert_int_equal(sql_commit(store.sql, &why), 0);
    assert_int_equal(count, 0);
    store_close(&store);
}

/* ---- the thread ---- */

struct job {
    struct store_job job;
    struct loop *loop;
    pthread_t worked_on;
    int number, *order;
};

static int worked, told;

static void work(struct store *store, struct store_job *store_job)
{
    struct job *j = (struct job *)store_job;

    assert_non_null(store->sql);
    j->worked_on = pthread_self();
    j->order[worked++] = j->number;
}

static void done(struct store_job *store_job)
{
    struct job *j = (struct job *)store_job;

    assert_false(pthread_equal(j->worked_on, pthread_self()));
    if (++told == 3)
        loop_stop(j->loop);
}

static void jobs_run_in_order_on_one_thread_and_are_told_on_the_loop(void **state)
{
    struct loop *loop = loop_new();
    struct store_thread *thread;
    struct store store;
    struct job jobs[3];
    int order[3];
    struct why why;

    (void)state;
    assert_int_equal(store_open(&store, ":memory:", &why), 0);
    thread = store_start(&store, loop);
    for (int i = 0; i < 3; i++) {
        jobs[i] = (struct job){
            {.work = work, .done = done},
            loop, 0, i, order
        };
        store_post(thread, &jobs[i].job);
    }
    loop_run(loop);
    for (int i = 0; i < 3; i++)
        assert_int_equal(order[i], i);
    assert_true(pthread_equal(jobs[0].worked_on, jobs[2].worked_on));
    assert_int_equal(store_waiting(thread), 0);
    store_stop(thread);
    store_close(&store);
    loop_free(loop);
}

#define FILE_CASE(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_CASE(the_file_is_for_its_owner_only),
        FILE_CASE(a_database_that_is_a_symbolic_link_is_refused_and_its_target_untouched),
        FILE_CASE(CXM_17_ROB_13_a_restart_uses_no_sqn_twice),
        FILE_CASE(new_subscribers_are_added_on_a_later_start),
        cmocka_unit_test(a_subscriber_that_got_another_name_is_still_known),
        FILE_CASE(CXM_18_the_hash_of_a_password_is_kept_and_not_the_password),
        cmocka_unit_test(a_subscription_goes_with_all_that_belongs_to_it),
        FILE_CASE(a_file_of_the_first_version_keeps_what_is_in_it),
        FILE_CASE(a_file_of_a_later_version_is_refused),
        FILE_CASE(a_file_that_is_no_database_is_refused),
        cmocka_unit_test(a_folder_that_is_not_there_is_told),
        cmocka_unit_test(an_error_rolls_the_whole_transaction_back),
        cmocka_unit_test(jobs_run_in_order_on_one_thread_and_are_told_on_the_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

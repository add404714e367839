-- The source tables of the clinic management software, as twenty years of releases left them: short names, no foreign
-- keys (orphans exist), codes in the place of words, dates and times as front-desk text, scans in a column.

create table pt_master (
    pt_no bigint primary key,
    nm_first text,
    nm_last text,
    email_addr text,
    tel_home text,
    addr_1 text,
    addr_city text,
    addr_st text,
    addr_zip text,
    dob_txt text,
    mrn text,
    ins_id text,
    consent_yn text,
    rec_status char(1),
    merged_to bigint,
    guarantor_no bigint,
    owner_email text,
    last_visit_on date,
    opened_txt text,
    mod_ts timestamptz not null default now()
);

create table prov (
    prov_id bigint primary key,
    nm_first text,
    nm_last text,
    prov_kind char(3),
    npi text,
    specs text,
    email_addr text,
    mod_ts timestamptz not null default now()
);

create table staff_usr (
    usr_id bigint primary key,
    nm_first text,
    nm_last text,
    email_addr text,
    mod_ts timestamptz not null default now()
);

create table appt_type (
    type_cd text primary key,
    descr text,
    mod_ts timestamptz not null default now()
);

create table appt (
    appt_id bigint primary key,
    pt_no bigint,
    prov_id bigint,
    booked_by bigint,
    type_cd text,
    reason text,
    start_txt text,
    dur_txt text,
    stat_cd text,
    memo text,
    mod_ts timestamptz not null default now()
);

create table med_note (
    note_no bigint primary key,
    pt_no bigint,
    head text,
    body text,
    enc_txt text,
    clinician text,
    mod_ts timestamptz not null default now()
);

create table ins_pol (
    pol_id bigint primary key,
    pt_no bigint,
    rank int,
    carrier text,
    policy_no text,
    group_no text,
    cov_cd text,
    mod_ts timestamptz not null default now()
);

create table claim (
    claim_no bigint primary key,
    pt_no bigint,
    billed numeric(12, 2),
    paid numeric(12, 2),
    payer text,
    stat_cd text,
    svc_txt text,
    entered_by text,
    mod_ts timestamptz not null default now()
);

create table referral (
    ref_no bigint primary key,
    pt_no bigint,
    ref_nm text,
    ref_email text,
    ref_on date,
    mod_ts timestamptz not null default now()
);

create table tx_plan (
    plan_no bigint primary key,
    pt_no bigint,
    head text,
    summary text,
    lines_json text,
    made_txt text,
    mod_ts timestamptz not null default now()
);

create table lab_res (
    lab_no bigint primary key,
    pt_no bigint,
    test_nm text,
    val_txt text,
    unit text,
    ref_rng text,
    coll_txt text,
    stat_cd text,
    narrative text,
    mod_ts timestamptz not null default now()
);

create table doc_blob (
    doc_no bigint primary key,
    pt_no bigint,
    doc_nm text,
    scan bytea,
    up_txt text,
    mod_ts timestamptz not null default now()
);

create table activ (
    act_no bigint primary key,
    pt_no bigint,
    kind_cd text,
    dir_cd text,
    subj text,
    body text,
    at_txt text,
    mod_ts timestamptz not null default now()
);

create table wf_def (
    wf_no bigint primary key,
    nm text,
    def_json text,
    mod_ts timestamptz not null default now()
);

create index on pt_master (mod_ts, pt_no);
create index on prov (mod_ts, prov_id);
create index on staff_usr (mod_ts, usr_id);
create index on appt (mod_ts, appt_id);
create index on med_note (mod_ts, note_no);
create index on claim (mod_ts, claim_no);
create index on tx_plan (mod_ts, plan_no);
create index on lab_res (mod_ts, lab_no);
create index on doc_blob (mod_ts, doc_no);
create index on activ (mod_ts, act_no);
create index on appt (pt_no);
create index on med_note (pt_no);
create index on ins_pol (pt_no);
create index on claim (pt_no);
create index on referral (pt_no);
create index on tx_plan (pt_no);
create index on lab_res (pt_no);
create index on doc_blob (pt_no);
create index on activ (pt_no);
